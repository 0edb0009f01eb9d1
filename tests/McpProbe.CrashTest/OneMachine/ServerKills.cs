using System.Text.Json;
using McpProbe.Configuration;
using McpProbe.CrashTest.Truth;
using McpProbe.Server.Storage;
using McpProbe.Testing;

namespace McpProbe.CrashTest.OneMachine;

/// <summary>
/// The built <c>mcpprobe-server</c>, killed at random instants while endpoints go up and down. A random instant is mostly an
/// idle one, so half of the kills wait for something to happen first: a message that arrives, a probe.
/// </summary>
internal static class ServerKills
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLife = TimeSpan.FromSeconds(3.5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <returns>Whether all was as promised.</returns>
    public static async Task<bool> RunAsync(CrashOptions options, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        using var temp = new TempDirectory();
        await using var receiver = await Receiver.StartAsync(new FaultPlan(options.Seed, share: 0.3));
        await using var endpoints = await ScriptedEndpoints.StartAsync("a", "b", "c", "d");
        Endpoint[] definitions = [.. endpoints.All.Select((each, index) => endpoints.Definition(each.Id, Interval, 1 + index % 2, 1 + index / 2 % 2))];
        await WriteProbesAsync(temp.File("probes.json"), definitions, receiver, cancellationToken);
        var environment = new Dictionary<string, string> { [ServerHost.SecretVariable] = receiver.Secret };
        Child Start() => Child.Start(
            typeof(SqliteStore).Assembly.Location, "The page: ", environment,
            "--probes", temp.File("probes.json"), "--data", temp.File("data"), "--urls", "http://127.0.0.1:0");

        var comparison = new Comparison();
        var lives = new List<(DateTimeOffset Ready, DateTimeOffset Killed)>();
        await using (var first = Start())
        {
            // What is drifted is so against the tools that were seen first.
            using var api = new ServerApi(await first.WhenReadyAsync());
            foreach (var endpoint in endpoints.All)
                await Eventually.TrueAsync(() => api.HasBaselineAsync(endpoint.Id), $"{endpoint.Id} has a baseline", Patience);
            await first.KillAsync();
        }
        var (unready, pending, unrecorded, undisturbed) = (0, 0, 0, 0);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            var script = OutageScript.RunAsync(endpoints, options.Seed, unit: TimeSpan.FromSeconds(1), stop.Token);
            var random = new Random(options.Seed);
            for (var kill = 1; kill <= options.Kills; kill++)
            {
                await using var server = Start();
                var ready = server.Ready.ContinueWith(_ => time.GetUtcNow(), cancellationToken, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
                await KillInstant.WaitAsync(random, LongestLife, endpoints, receiver, server.Ready, cancellationToken);
                if (server.HasEnded)
                    throw new CrashTestException($"The server ended by itself:\n{server.Output}");
                await server.KillAsync();
                if (ready.IsCompletedSuccessfully)
                    lives.Add((await ready, time.GetUtcNow()));
                else
                    unready++;

                if (!File.Exists(Path.Combine(temp.File("data"), "mcpprobe.db")))
                    continue;
                var left = await DeadStore.ReadCopyAsync(temp.File("data"), cancellationToken);
                receiver.IsRecorded(left.Delivered());
                pending += left.Pending.Count > 0 ? 1 : 0;
                var accepted = receiver.Arrivals.Where(arrival => arrival.Accepted).Select(arrival => arrival.Id).ToHashSet();
                unrecorded += accepted.Except(left.Delivered()).Any() ? 1 : 0;
            }
            await stop.CancelAsync();
            await script;
        }

        // The end: everything comes up, and is told; then everything goes down and up once more, and nobody disturbs it.
        receiver.BehaveFromNowOn();
        await using (var server = Start())
        {
            using var api = new ServerApi(await server.WhenReadyAsync());
            var ready = time.GetUtcNow();
            await Eventually.TrueAsync(() => AllToldAsync(api, endpoints), "everything is told after the last kill", Patience);
            // One after the other: all at once would be the prober's own trouble.
            foreach (var endpoint in endpoints.All)
            {
                var before = receiver.Accepted(endpoint.Id, "outage", "opened");
                endpoint.GoDown(OutageKind.Refusing);
                await Eventually.TrueAsync(() => receiver.Accepted(endpoint.Id, "outage", "opened") > before, $"{endpoint.Id} is told to be down", Patience);
                endpoint.ComeUp();
                undisturbed++;
            }
            await Eventually.TrueAsync(() => AllToldAsync(api, endpoints), "everything is told at the end", Patience);
            await server.TerminateAsync();
            if (server.ExitCode != 0)
                comparison.Fail($"the last server ended with {server.ExitCode}:\n{server.Output}");
            lives.Add((ready, time.GetUtcNow()));
        }

        var store = await DeadStore.ReadAsync(temp.File("data"), cancellationToken);
        comparison.Count("kills", options.Kills);
        comparison.Count("  before it was ready", unready);
        comparison.Count("  with a transition pending", pending);
        comparison.Count("  between a confirmation and its record", unrecorded);
        OutageCheck.Check(comparison, definitions, endpoints, store, receiver.Arrivals, lives);
        comparison.Count("  of them at the end, undisturbed", undisturbed);
        comparison.Compare(store, receiver.Arrivals, receiver.Recorded);
        return comparison.Print($"one machine, killed at random, seed {options.Seed}", time.GetElapsedTime(start));
    }

    private static async Task<bool> AllToldAsync(ServerApi api, ScriptedEndpoints endpoints)
    {
        foreach (var endpoint in endpoints.All)
        {
            if (!await api.IsAllToldAsync(endpoint.Id))
                return false;
        }
        return true;
    }

    internal static Task WriteProbesAsync(string path, IReadOnlyList<Endpoint> endpoints, Receiver receiver, CancellationToken cancellationToken)
    {
        var channel = JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["name"] = Receiver.Channel,
            ["type"] = "webhook",
            ["url"] = receiver.Url,
            ["secret"] = $"${{env:{ServerHost.SecretVariable}}}",
        });
        return File.WriteAllTextAsync(
            path, $$"""{"channels":[{{channel}}],"endpoints":[{{string.Join(',', endpoints.Select(EndpointJson.ToJson))}}]}""", cancellationToken);
    }
}
