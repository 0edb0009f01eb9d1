namespace McpProbe.CrashTest.Truth;

/// <summary>Takes every endpoint up and down, and changes its tools, at random times by a seed, until it is stopped; then all are up.</summary>
internal static class OutageScript
{
    public static Task RunAsync(ScriptedEndpoints endpoints, int seed, TimeSpan unit, CancellationToken stop) =>
        Task.WhenAll(endpoints.All.Select((endpoint, index) => RunAsync(endpoint, new Random(seed * 1000 + index), unit, stop)));

    private static async Task RunAsync(ScriptedEndpoint endpoint, Random random, TimeSpan unit, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await PauseAsync(3, 8);
                if (random.Next(3) > 0)
                {
                    endpoint.GoDown((OutageKind)random.Next(3));
                    await PauseAsync(3, 9);
                }
                else
                {
                    // There, perhaps to another one, and back.
                    endpoint.ComeUp(revision: 1);
                    await PauseAsync(4, 8);
                    if (random.Next(2) == 0)
                    {
                        endpoint.ComeUp(revision: 2);
                        await PauseAsync(4, 8);
                    }
                }
                endpoint.ComeUp();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            endpoint.ComeUp();
        }

        Task PauseAsync(int least, int most) => Task.Delay(unit * (least + random.NextDouble() * (most - least)), TimeProvider.System, stop);
    }
}
