using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using McpProbe.Web;

namespace McpProbe.Server.Configuration;

/// <summary>
/// The audit line of a probes file that was read without anybody's request: at the start, because it changed, and on SIGHUP.
/// <c>POST /api/reload</c> leaves its own, as every request does.
/// </summary>
internal sealed class ProbesAudit(IAuditStore audit, TimeProvider time, ILogger<ProbesAudit> logger)
{
    /// <param name="why"><c>start</c>, <c>changed</c> or <c>SIGHUP</c>.</param>
    public async Task AddAsync(string file, string why, ReloadOutcome outcome, CancellationToken cancellationToken)
    {
        if (outcome is ReloadOutcome.Applied { IsEmpty: true } or ReloadOutcome.NoFile)
            return;
        var (result, status, detail) = outcome switch
        {
            ReloadOutcome.Applied applied => (AuditOutcome.Done, 200, applied.ToString()),
            // What is wrong may quote the file, so it is in the log alone.
            ReloadOutcome.Invalid { Mistakes.Count: var count } => (AuditOutcome.Failed, 400, $"not applied: {(count == 1 ? "1 mistake" : $"{count} mistakes")}; the log says which"),
            _ => (AuditOutcome.Failed, 409, "not applied: it would take all endpoints away"),
        };
        var at = time.GetUtcNow();
        try
        {
            await audit.AddAuditLineAsync(
                new AuditLine(
                    AuditLine.NewId(at), at, new Actor(ActorKind.File, ForeignText.Brief(file)), Address: null, "RELOAD", "probes", new Dictionary<string, string> { ["why"] = why }, result, status)
                {
                    Detail = detail,
                },
                cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // What was done is done, and the log says so.
            Log.ProbesAuditNotStored(logger, file, ForeignText.Brief(failure.Message));
        }
    }
}
