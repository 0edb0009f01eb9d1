using System.Text.Json;
using McpProbe.CrashTest.OneMachine;
using McpProbe.CrashTest.Truth;
using McpProbe.Functions;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProbe.CrashTest.Azure;

/// <summary>The functions of the Azure head over the emulator, killed at random instants while endpoints go up and down.</summary>
internal static class AzureKills
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestLife = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <returns>Whether all was as promised.</returns>
    public static async Task<bool> RunAsync(CrashOptions options, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        using var temp = new TempDirectory();
        await using var azurite = await Azurite.StartAsync();
        var account = azurite.NewAccount().ConnectionString;
        await using var receiver = await Receiver.StartAsync(new FaultPlan(options.Seed, share: 0.25));
        await using var endpoints = await ScriptedEndpoints.StartAsync("a", "b", "c");
        Endpoint[] definitions = [.. endpoints.All.Select((each, index) => endpoints.Definition(each.Id, Interval, 1 + index % 2, 1 + index / 2))];
        var store = new TableStore(
            StoreClients.WithConnectionString(account), shards: 1, [HeadSettings.Home], NullLogger<TableStore>.Instance);
        await store.OpenAsync(cancellationToken);
        foreach (var definition in definitions)
            await store.PutEndpointAsync(new RegisteredEndpoint(definition, EndpointSource.Api), cancellationToken);
        Child Start() => Child.Start(
            typeof(AzureKills).Assembly.Location, AzureHost.ReadyLine,
            new Dictionary<string, string> { [ServerHost.SecretVariable] = receiver.Secret },
            AzureHost.Name, "--store", account, "--journal", temp.File("instances"), "--receiver", receiver.Url);

        var comparison = new Comparison();
        await using (var first = Start())
        {
            // What is drifted is so against the tools that were seen first.
            foreach (var endpoint in endpoints.All)
            {
                await UntilAsync(
                    async () => (await store.ReadStateAsync(endpoint.Id, cancellationToken))!.State.Baseline is not null,
                    $"{endpoint.Id} has a baseline", first);
            }
            await first.KillAsync();
        }
        var (unready, pending, unrecorded, undisturbed) = (0, 0, 0, 0);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            var script = OutageScript.RunAsync(endpoints, options.Seed, unit: TimeSpan.FromSeconds(1.5), stop.Token);
            var random = new Random(options.Seed);
            for (var kill = 1; kill <= options.Kills; kill++)
            {
                await using var head = Start();
                await KillInstant.WaitAsync(random, LongestLife, endpoints, receiver, head.Ready, cancellationToken);
                if (head.HasEnded)
                    throw new CrashTestException($"The head ended by itself:\n{head.Output}");
                await head.KillAsync();
                unready += head.Ready.IsCompleted ? 0 : 1;

                var left = await StoreView.ReadAsync(store, store, cancellationToken);
                receiver.IsRecorded(left.Delivered());
                pending += left.Pending.Count > 0 ? 1 : 0;
                var accepted = receiver.Arrivals.Where(arrival => arrival.Accepted).Select(arrival => arrival.Id).ToHashSet();
                unrecorded += accepted.Except(left.Delivered()).Any() ? 1 : 0;
            }
            await stop.CancelAsync();
            await script;
        }

        receiver.BehaveFromNowOn();
        await using (var head = Start())
        {
            await UntilAsync(async () => (await StoreView.ReadAsync(store, store, cancellationToken)).IsAllTold, "everything is told after the last kill", head);
            foreach (var endpoint in endpoints.All)
            {
                var before = receiver.Accepted(endpoint.Id, "outage", "opened");
                endpoint.GoDown(OutageKind.Refusing);
                await UntilAsync(() => Task.FromResult(receiver.Accepted(endpoint.Id, "outage", "opened") > before), $"{endpoint.Id} is told to be down", head);
                endpoint.ComeUp();
                undisturbed++;
            }
            await UntilAsync(async () => (await StoreView.ReadAsync(store, store, cancellationToken)).IsAllTold, "everything is told at the end", head);
            await head.KillAsync();
        }

        comparison.Count("kills", options.Kills);
        comparison.Count("  before it was ready", unready);
        comparison.Count("  with a transition pending", pending);
        comparison.Count("  between a confirmation and its record", unrecorded);
        var view = await StoreView.ReadAsync(store, store, cancellationToken);
        // A life proves nothing of a slot here: a schedule that died between its claim and its messages leaves a gap.
        OutageCheck.Check(comparison, definitions, endpoints, view, receiver.Arrivals, lives: []);
        comparison.Count("  of them at the end, undisturbed", undisturbed);
        comparison.Compare(view, receiver.Arrivals, receiver.Recorded);
        return comparison.Print($"Azure, killed at random, seed {options.Seed}", time.GetElapsedTime(start));

        async Task UntilAsync(Func<Task<bool>> condition, string what, Child head)
        {
            var began = time.GetTimestamp();
            while (!await condition())
            {
                if (head.HasEnded || time.GetElapsedTime(began) > Patience)
                {
                    var left = await StoreView.ReadAsync(store, store, cancellationToken);
                    var overviews = await store.ReadOverviewAsync(cancellationToken);
                    throw new CrashTestException(
                        $"{(head.HasEnded ? "The head ended while waiting" : "Waited in vain")} until {what}:\n{string.Join('\n', left.Untold)}\n"
                        + $"{string.Join('\n', overviews.Select(each => JsonSerializer.Serialize(each.State, EngineJson.Default.EndpointState)))}\n{head.Output}");
                }
                await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken);
            }
        }
    }
}
