using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Run;
using McpProbe.Probing.Tools;

namespace McpProbe.Probing;

/// <summary>
/// A session that stays open, to ask the server again and again whether it still answers: <c>tools/list</c>, without a new
/// handshake each time. One question at a time.
/// </summary>
public sealed class LiveSession : IAsyncDisposable
{
    private readonly Endpoint _endpoint;
    private readonly ProberOptions _options;
    private readonly TimeProvider _time;
    private readonly Credentials _credentials = new();
    private readonly CatalogMemory _catalogs = new();
    private readonly EraMemory _eras = new();
    private ProbeAttempt? _open;
    private Deadline? _deadline;

    /// <param name="endpoint">Its timeout bounds each question. Its conditions, budgets and smoke call are not asked about.</param>
    public LiveSession(Endpoint endpoint, ProberOptions options, TimeProvider time)
    {
        _endpoint = endpoint with { Smoke = null, Conditions = new Conditions { AllowEmpty = true, ToolsUsable = false, CertificateDays = 0 } };
        _options = options;
        _time = time;
    }

    /// <summary>
    /// Asks on the open session. Opens one when there is none, or when the server has forgotten it, as after a restart. Every
    /// outcome is a value.
    /// </summary>
    /// <param name="ending">Ends the question and the session; the same for every question.</param>
    public async Task<ProbeResult> AskAsync(CancellationToken ending)
    {
        if (_open is not null)
        {
            _deadline!.Restart();
            var again = await _open.AskAgainAsync();
            _deadline.Pause();
            if (again.Failure is null)
                return again;

            var isOver = _deadline.Token.IsCancellationRequested;
            await DisposeAsync();
            if (isOver)
                return again;
        }

        _deadline = new Deadline(_endpoint.Timeout, _time, ending);
        _open = new ProbeAttempt(_endpoint, _options, _time, _deadline, new Reuse(_credentials, null, _catalogs, _eras, null));
        var first = await _open.RunAsync(keepOpen: true);
        _deadline.Pause();
        if (first.Failure is not null)
            await DisposeAsync();
        return first;
    }

    /// <summary>Ends the session.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_open is not null)
            await _open.DisposeAsync();
        _deadline?.Dispose();
        (_open, _deadline) = (null, null);
    }
}
