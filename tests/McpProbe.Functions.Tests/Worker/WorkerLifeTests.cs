using McpProbe.Functions.Tests.Storage;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>How the published app ends.</summary>
public class WorkerLifeTests(Emulators emulators)
{
    /// <summary>What the host gives a worker before it kills it.</summary>
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task End_OnRequest_IsInTimeAndClean(bool signal)
    {
        Assert.SkipWhen(signal && OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        var account = await emulators.NewAccountAsync();
        await using var host = await FunctionsHost.StartAsync(RunningWorker.Settings(account.ConnectionString));
        var start = TimeProvider.System.GetTimestamp();

        if (signal)
            await host.Worker.SignalAsync();
        else
            host.Terminate();
        var code = await host.Worker.Exit.WaitAsync(GracePeriod, TimeProvider.System, TestContext.Current.CancellationToken);

        TestContext.Current.TestOutputHelper!.WriteLine($"ended in {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:F0} ms");
        Assert.Equal(0, code);
        Assert.DoesNotContain(host.Log, line => line.Contains("xception", StringComparison.Ordinal));
    }
}
