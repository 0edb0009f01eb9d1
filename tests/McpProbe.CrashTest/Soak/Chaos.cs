namespace McpProbe.CrashTest.Soak;

/// <summary>What is done to a head at random times, each kind on its own.</summary>
internal static class Chaos
{
    /// <summary>Does it again and again, with a random pause before each, until it is stopped.</summary>
    public static async Task RunAsync(Random random, TimeSpan least, TimeSpan most, Func<Task> act, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(least + random.NextDouble() * (most - least), TimeProvider.System, stop);
                await act();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It is over.
        }
    }
}
