using System.Globalization;
using System.Text.Json.Serialization;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Gate;

/// <summary>What became of the sessions that were held around a deployment: <c>mcpprobe drain --output json</c> (docs/schema/drain.schema.json).</summary>
/// <param name="Interrupted">Somebody ended it early: it tells of the time until then.</param>
/// <param name="Seconds">How long sessions were held.</param>
/// <param name="Holds"><c>session</c> (an <c>Mcp-Session-Id</c>), <c>stream</c> (<c>subscriptions/listen</c>), or <c>nothing</c>.</param>
/// <param name="Note">Why nothing was held; null when something was.</param>
/// <param name="Before">The server at the beginning.</param>
/// <param name="After">The server at the end; null when it was not reached then, or not asked.</param>
/// <param name="Unanswered">Requests of sessions that went on, or might have, whose answer did not come.</param>
/// <param name="Failure">Why the server was not healthy before, or after; null when it was.</param>
public sealed record DrainReport(
    bool Passed, int ExitCode, string Target, DateTimeOffset StartedAt, double Seconds, bool Interrupted, string Holds, string? Note,
    string? ProtocolVersion, ServerIdentity? Before, ServerIdentity? After, DrainCounts Sessions, int Unanswered,
    IReadOnlyList<DrainedSession> Ended, Failure? Failure)
{
    /// <summary>As much of the list as is shown; the counts are whole.</summary>
    public const int MostEnded = 1_000;

    /// <summary>As checks, for the formats of CI systems.</summary>
    [JsonIgnore]
    public IReadOnlyList<GateCheck> Checks { get; init; } = [];

    internal static DrainReport Of(
        ProbeResult before, ProbeResult? after, DrainTally tally, TimeSpan held, bool interrupted, string holds, string? note, bool strict)
    {
        var counts = tally.Counts();
        GateCheck[] checks =
        [
            OfServer("before", before),
            before.Transport is TransportKind.HttpSse ? GateCheck.Failed("sessions", ExitCodes.Usage, note!) : OfSessions(counts, tally.Unanswered, holds, note, strict, Durations.Format(TimeSpan.FromSeconds(Math.Round(held.TotalSeconds)))),
            after is null ? GateCheck.Skipped("after", interrupted ? "not asked: interrupted" : "not asked: the first probe failed") : OfServer("after", after),
        ];
        var exitCode = ExitCodes.First(checks.Select(check => check.ExitCode));
        return new DrainReport(
            exitCode == ExitCodes.Ok, exitCode, before.Target, before.StartedAt, Math.Round(held.TotalSeconds, 1), interrupted, holds, note,
            before.ProtocolVersion, before.Server, after?.Server, counts, tally.Unanswered, tally.Ended, after?.Failure ?? before.Failure)
        {
            Checks = checks,
        };
    }

    private static GateCheck OfServer(string name, ProbeResult result) => ProbeChecks.Handshake(result) with { Name = name } is { Status: CheckStatus.Failed } failed ? failed
        : result.Verdict is Verdict.Healthy or Verdict.Degraded
            ? GateCheck.Passed(name, string.Create(CultureInfo.InvariantCulture,
                $"{WireNames.Of(result.Verdict)}, {ForeignText.Brief($"{result.Server?.Name ?? "(no name)"} {result.Server?.Version}")}, {result.ProtocolVersion}"))
            : GateCheck.Failed(name, result.Failure!.ExitCodeOf() is var code and not ExitCodes.Ok ? code : ExitCodes.NotHealthy, $"{WireNames.Of(result.Failure!.Kind)}: {ForeignText.OneLine(result.Failure.Message)}");

    private static GateCheck OfSessions(DrainCounts counts, int unanswered, string holds, string? note, bool strict, string held)
    {
        if (counts.Opened == 0)
            return GateCheck.Skipped("sessions", note ?? "none was opened");
        var ended = counts.Ended == 0 ? "" : $", {counts.Ended} ended properly";
        var missed = unanswered == 0 ? "" : $"; {unanswered} request{(unanswered == 1 ? " was" : "s were")} not answered";
        var noun = counts.Opened == 1 ? holds : holds + "s";
        if (counts.Cut > 0)
            return GateCheck.Failed("sessions", ExitCodes.NotHealthy,
                $"{counts.Cut} of {counts.Opened} {noun} {(counts.Cut == 1 ? "was" : "were")} cut within {held}{ended}{missed}; let the server answer HTTP 404 for sessions that it does not know, and drain them before an instance ends");
        if (counts.Opened == counts.Unknown)
            return GateCheck.Failed("sessions", ExitCodes.Unreachable, $"none of {counts.Opened} {noun} was answered to the end{missed}");
        if (strict && counts.Ended > 0)
            return GateCheck.Failed("sessions", ExitCodes.NotHealthy, $"{counts.Ended} of {counts.Opened} {noun} did not survive within {held}: ended properly{missed}");
        return GateCheck.Passed("sessions", $"{counts.Survived} of {counts.Opened} {noun} survived {held}{ended}{(counts.Unknown == 0 ? "" : $", {counts.Unknown} without an answer at the end")}{missed}");
    }
}

/// <param name="Opened">All: those that took the place of ended ones too.</param>
/// <param name="Ended">Properly: their clients begin anew.</param>
/// <param name="Cut">By a wrong error, by silence, or without a word.</param>
/// <param name="Unknown">Those whose last request was not answered because the server could not be reached.</param>
public sealed record DrainCounts(int Opened, int Survived, int Ended, int Cut, int Unknown);

/// <summary>A session that did not survive.</summary>
/// <param name="AfterSeconds">Since the drain began.</param>
/// <param name="LivedSeconds">Since it was opened.</param>
public sealed record DrainedSession(double AfterSeconds, double LivedSeconds, SessionEnd End, string Detail);

/// <summary>Counts of several holders at once.</summary>
internal sealed class DrainTally
{
    private readonly Lock _lock = new();
    private readonly List<DrainedSession> _ended = [];
    private int _opened;
    private int _proper;
    private int _cut;
    private int _survived;
    private int _unknown;
    private int _unanswered;

    public int Unanswered => Volatile.Read(ref _unanswered);

    public IReadOnlyList<DrainedSession> Ended
    {
        get
        {
            lock (_lock)
                return [.. _ended.OrderBy(each => each.AfterSeconds)];
        }
    }

    public void Opened() => Interlocked.Increment(ref _opened);

    public void Missed() => Interlocked.Increment(ref _unanswered);

    public void Left(bool known) => Interlocked.Increment(ref known ? ref _survived : ref _unknown);

    public void End(DrainedSession session)
    {
        Interlocked.Increment(ref session.End is SessionEnd.Proper ? ref _proper : ref _cut);
        lock (_lock)
        {
            if (_ended.Count < DrainReport.MostEnded)
                _ended.Add(session);
        }
    }

    public DrainCounts Counts() => new(_opened, _survived, _proper, _cut, _unknown);
}
