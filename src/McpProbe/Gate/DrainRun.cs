using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;

namespace McpProbe.Gate;

/// <summary>
/// Holds sessions of a server while it is deployed anew, each as a client of its own does: over a connection that it keeps, asking now
/// and then, and beginning anew when its session ends.
/// </summary>
/// <param name="told">Hears of every session that ends.</param>
public sealed class DrainRun(Endpoint endpoint, McpProber prober, TimeProvider time, Action<DrainedSession>? told = null)
{
    public const int MostSessions = 1_000;

    private const int MostDoubts = 2;

    private readonly DrainTally _tally = new();
    private long _started;

    /// <param name="duration">How long to hold them.</param>
    /// <param name="every">Between two questions in one session.</param>
    /// <param name="strict">Whether a session that ended properly fails too.</param>
    /// <param name="stop">Ends it early; what was seen until then is reported.</param>
    public async Task<DrainReport> RunAsync(int sessions, TimeSpan duration, TimeSpan every, bool strict, CancellationToken stop)
    {
        _started = time.GetTimestamp();
        var before = await prober.ProbeAsync(endpoint, stop);
        if (before.Verdict is not (Verdict.Healthy or Verdict.Degraded))
            return Report(before, null, "nothing", null);
        if (before.Transport is TransportKind.HttpSse)
            return Report(before, null, "nothing", "The server speaks HTTP+SSE of 2024-11-05, whose sessions this command cannot hold; try it on the server's Streamable HTTP endpoint.");

        using var ending = new CancellationTokenSource(duration, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, stop);
        _started = time.GetTimestamp();
        var holders = Enumerable.Range(0, sessions).Select(i => HoldAsync(before, i * every / sessions, every, either.Token, stop)).ToList();
        var notes = await Task.WhenAll(holders);
        var held = time.GetElapsedTime(_started);
        var note = _tally.Counts().Opened == 0 ? notes.FirstOrDefault(each => each is not null) : null;
        var after = stop.IsCancellationRequested ? null : await prober.ProbeAsync(endpoint, stop);
        return DrainReport.Of(
            before, after, _tally, held, stop.IsCancellationRequested,
            note is not null ? "nothing" : before.Era is Era.Stateless ? "stream" : "session", note, strict);

        DrainReport Report(ProbeResult first, ProbeResult? last, string holds, string? why) =>
            DrainReport.Of(first, last, _tally, TimeSpan.Zero, stop.IsCancellationRequested, holds, why, strict);
    }

    /// <summary>One client. It asks once more at the end, so that a session whose server came back in the last moment is known.</summary>
    /// <returns>Why nothing can be held; null when something could.</returns>
    private async Task<string?> HoldAsync(ProbeResult server, TimeSpan delay, TimeSpan every, CancellationToken over, CancellationToken stop)
    {
        await Task.Delay(delay, time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await using var client = new DrainClient(endpoint, prober, time, server);
        var (doubts, known) = (0, false);
        long opened = 0;
        while (true)
        {
            var last = over.IsCancellationRequested;
            var isOpen = client.IsOpen;
            if (last && !isOpen)
                return null;
            var look = isOpen ? await client.AskAsync(stop) : await client.OpenAsync(stop);
            if (stop.IsCancellationRequested && look.Answer is not (SessionAnswer.Survived or SessionAnswer.Ended or SessionAnswer.WrongError or SessionAnswer.Dropped))
            {
                if (isOpen)
                    _tally.Left(known);
                return null;
            }

            switch (look.Answer)
            {
                case SessionAnswer.Opened:
                    _tally.Opened();
                    (opened, doubts, known) = (time.GetTimestamp(), 0, true);
                    break;
                case SessionAnswer.Survived:
                    (doubts, known) = (0, true);
                    break;
                case SessionAnswer.Without:
                    return look.Detail;
                case SessionAnswer.Ended:
                    await EndAsync(SessionEnd.Proper);
                    break;
                case SessionAnswer.WrongError:
                    await EndAsync(SessionEnd.WrongError);
                    break;
                case SessionAnswer.Dropped or SessionAnswer.GivenUp when isOpen:
                    await EndAsync(SessionEnd.Dropped);
                    break;
                case SessionAnswer.Silent or SessionAnswer.Doubtful when isOpen && ++doubts >= MostDoubts:
                    await EndAsync(look.Answer is SessionAnswer.Silent ? SessionEnd.Hang : SessionEnd.WrongError);
                    break;
                default:
                    known = false;
                    _tally.Missed();
                    break;
            }

            // A doubt at the end is asked about once more.
            if (last && !(client.IsOpen && doubts is > 0 and < MostDoubts))
            {
                if (client.IsOpen)
                    _tally.Left(known);
                return null;
            }

            await Task.Delay(every, time, last ? stop : over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            async Task EndAsync(SessionEnd end)
            {
                await client.ForgetAsync();
                var session = new DrainedSession(
                    Math.Round(time.GetElapsedTime(_started).TotalSeconds, 1), Math.Round(time.GetElapsedTime(opened).TotalSeconds, 1), end, look.Detail ?? "");
                _tally.End(session);
                told?.Invoke(session);
                doubts = 0;
            }
        }
    }
}
