using McpProbe.CrashTest.Truth;

namespace McpProbe.CrashTest.Soak;

/// <summary>A fleet on ordinary and bad days: now and then an endpoint fails in one way or another, gets other tools, or becomes slow.</summary>
internal static class SoakScript
{
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromMinutes(50);

    /// <summary>Until it is stopped; then every endpoint stays as it is. Those that are not well at the end are well until then.</summary>
    public static Task RunAsync(ScriptedEndpoints endpoints, int seed, CancellationToken stop) =>
        Task.WhenAll(endpoints.All.Index().Where(each => !IsDownAtTheEnd(each.Index) && !IsDriftedAtTheEnd(each.Index))
            .Select(each => RunAsync(each.Item, new Random(seed * 100_000 + each.Index), stop)));

    /// <summary>The end: one in fifty is down, one in fifty has drifted, all others are well.</summary>
    public static void Settle(ScriptedEndpoints endpoints)
    {
        foreach (var (index, endpoint) in endpoints.All.Index())
        {
            if (IsDownAtTheEnd(index))
                endpoint.GoDown((OutageKind)(index / 50 % 5));
            else
                endpoint.ComeUp(revision: IsDriftedAtTheEnd(index) ? 1 : 0);
        }
    }

    private static bool IsDownAtTheEnd(int index) => index % 50 == 7;

    private static bool IsDriftedAtTheEnd(int index) => index % 50 == 31;

    private static async Task RunAsync(ScriptedEndpoint endpoint, Random random, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await PauseAsync(TimeSpan.Zero, LongestQuiet);
                switch (random.Next(4))
                {
                    case 0 or 1:
                        endpoint.GoDown((OutageKind)random.Next(5));
                        // Some are too short to be told.
                        await PauseAsync(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(8));
                        break;
                    case 2:
                        endpoint.ComeUp(revision: 1);
                        await PauseAsync(TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(8));
                        break;
                    default:
                        endpoint.BecomeSlow(TimeSpan.FromSeconds(0.2 + 1.3 * random.NextDouble()));
                        await PauseAsync(TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(8));
                        break;
                }
                endpoint.ComeUp();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As it is: the end is settled for all at once.
        }

        Task PauseAsync(TimeSpan least, TimeSpan most) => Task.Delay(least + random.NextDouble() * (most - least), TimeProvider.System, stop);
    }
}
