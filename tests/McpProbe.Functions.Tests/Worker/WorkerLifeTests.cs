using System.Net;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>How the published app starts, waits for what it needs, and ends.</summary>
public class WorkerLifeTests(Emulators emulators)
{
    /// <summary>What the host gives a worker before it kills it.</summary>
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Start_NothingSet_NamesEachMissingSettingOnALineOfItsOwn()
    {
        await using var host = await FunctionsHost.LaunchAsync([]);

        var code = await host.Worker.Exit.WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.NotEqual(0, code);
        var lines = host.Worker.Lines.Where(line => line.Contains("is missing", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            [
                "MCPPROBE_API_KEY", "ProbePoisonQueue", "ProbeQueue", "ProbeSchedule", "RollUpSchedule", "Store__blobServiceUri",
                "Store__queueServiceUri", "Store__tableServiceUri", "SweepSchedule",
            ],
            lines.Select(line => line[..line.IndexOf(" is missing", StringComparison.Ordinal)].Split(' ')[^1]).Order(StringComparer.Ordinal));
        // The host drops a line of the console that does not say that it is an error.
        Assert.All(lines, line => Assert.Contains("error", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_WhileTheRoleIsSpreading_SaysSoAndThenWorksInTheSameProcess()
    {
        await using var proxy = await StorageProxy.StartAsync(await emulators.NewAccountAsync(), StorageProxy.Mood.Refuses);
        await using var host = await FunctionsHost.StartAsync(RunningWorker.Settings(proxy.Account.ConnectionString));
        Assert.Equal(9, host.Functions.Count);

        await Eventually.TrueAsync(() => proxy.TurnedDown >= 2, "a second try", Patience);
        var (page, health) = (await host.SendAsync("GET", "/", key: null), await host.SendAsync("GET", "/api/health", key: null));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable), (page.Status, health.Status));
        Assert.All([page.Body, health.Body], body => Assert.Contains("role not effective yet", body, StringComparison.Ordinal));
        var skipped = await host.InvokeAsync("ScheduleProbes", TriggerData.Timer());
        Assert.Equal(StatusResult.Types.Status.Success, skipped.Result.Status);
        Assert.Contains(host.Log, line => line.Contains("role not effective yet", StringComparison.Ordinal));

        proxy.Now = StorageProxy.Mood.Passes;
        await Eventually.TrueAsync(
            async () => (await host.SendAsync("GET", "/", key: null)).Status is HttpStatusCode.OK, "the page, once the role works", Patience);
        var put = await host.SendAsync("PUT", "/api/endpoints/any", """{"url":"http://127.0.0.1:9/mcp"}""");
        var worked = await host.InvokeAsync("ScheduleProbes", TriggerData.Timer());
        Assert.Equal((HttpStatusCode.Created, StatusResult.Types.Status.Success), (put.Status, worked.Result.Status));
        Assert.False(host.Worker.Exit.IsCompleted);
    }

    [Fact]
    public async Task Start_SecretNotResolved_SaysSoAndAnswersNothingElse()
    {
        var account = await emulators.NewAccountAsync();
        var settings = RunningWorker.Settings(account.ConnectionString);
        settings["MCPPROBE_API_KEY"] = "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/key)";
        await using var host = await FunctionsHost.StartAsync(settings);
        Assert.Equal(9, host.Functions.Count);

        // Least of all may the reference itself be the key.
        (string, string?)[] requests = [("/", null), ("/api/status", null), ("/api/endpoints", settings["MCPPROBE_API_KEY"])];
        foreach (var (path, key) in requests)
        {
            var answer = await host.SendAsync("GET", path, key: key);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
            Assert.Contains("secret not resolved yet", answer.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Start_NoStorageAtAll_StartsAndSaysSo()
    {
        var nowhere = $"http://127.0.0.1:{RealServer.FreePort()}/account";
        await using var host = await FunctionsHost.StartAsync(RunningWorker.Settings(
            $"DefaultEndpointsProtocol=http;AccountName=account;AccountKey=a2V5;TableEndpoint={nowhere};QueueEndpoint={nowhere};BlobEndpoint={nowhere}"));
        Assert.Equal(9, host.Functions.Count);

        await Eventually.TrueAsync(
            async () => await host.SendAsync("GET", "/", key: null) is { Status: HttpStatusCode.ServiceUnavailable } page
                && page.Body.Contains("storage unreachable", StringComparison.Ordinal),
            "the page that says why", Patience);
    }

    // While it starts, too: it has called the host, and does not listen for HTTP yet.
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task End_OnRequest_IsInTimeAndClean(bool signal, bool whileStarting)
    {
        Assert.SkipWhen(signal && OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        var account = await emulators.NewAccountAsync();
        await using var host = await FunctionsHost.LaunchAsync(RunningWorker.Settings(account.ConnectionString));
        await host.ConnectAsync();
        if (!whileStarting)
        {
            await host.LoadAsync();
            await host.ListensAsync();
        }

        var start = TimeProvider.System.GetTimestamp();
        if (signal)
            await host.Worker.SignalAsync();
        else
            host.Terminate();
        var code = await host.Worker.Exit.WaitAsync(GracePeriod, TimeProvider.System, TestContext.Current.CancellationToken);

        TestContext.Current.TestOutputHelper!.WriteLine($"ended in {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:F0} ms");
        var log = string.Join('\n', host.Log);
        Assert.True(code == 0, $"exit code {code}:\n{log}");
        Assert.DoesNotContain("xception", log, StringComparison.Ordinal);
    }
}
