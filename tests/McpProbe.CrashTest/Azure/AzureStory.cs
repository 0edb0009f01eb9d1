using System.CommandLine;
using System.Globalization;
using Azure.Storage.Queues.Models;
using McpProbe.Alerts.Senders;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.CrashTest.Azure;

/// <summary>
/// The child of <see cref="AzureSteps"/>: works one queue message a slot, on a clock of its own, and dies at one step of its I/O.
/// A successor gets every message again from the one at which its predecessor died, either in their order or with the next one first.
/// </summary>
internal static class AzureStory
{
    public const string Name = "azure-story-child";
    public const string DoneLine = "The story is over";
    public const int Slots = 12;

    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    public static Command Command()
    {
        var store = new Option<string>("--store") { Required = true };
        var directory = new Option<string>("--directory") { Required = true };
        var receiver = new Option<string>("--receiver") { Required = true };
        var scenes = new Option<string>("--scenes") { Required = true };
        var first = new Option<long>("--first") { Required = true };
        var diesAt = new Option<int>("--dies-at");
        var swapped = new Option<bool>("--swapped");
        var command = new Command(Name) { store, directory, receiver, scenes, first, diesAt, swapped };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await RunAsync(
                parsed.GetRequiredValue(store), parsed.GetRequiredValue(directory), parsed.GetRequiredValue(receiver), parsed.GetRequiredValue(scenes),
                new DateTimeOffset(parsed.GetValue(first), TimeSpan.Zero), parsed.GetValue(diesAt), parsed.GetValue(swapped), cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(
        string account, string directory, string receiver, string scenes, DateTimeOffset first, int diesAt, bool swapped, CancellationToken cancellationToken)
    {
        var progress = Path.Combine(directory, "slot");
        var begun = File.Exists(progress) ? int.Parse(await File.ReadAllTextAsync(progress, cancellationToken), CultureInfo.InvariantCulture) : -1;
        var time = new FakeTimeProvider(first + Interval * Math.Max(begun, 0));
        var steps = new Steps(diesAt);
        var requests = new CountedRequests(steps);
        await using var head = await Head.StartAsync(
            account, StoreClients.WithConnectionString(account, requests.Configure), time,
            services => services.AddSingleton(provider => CountedSends.Around(provider.GetRequiredService<ChannelSender>(), steps)), AzureHost.Settings(receiver));
        using var journal = new InstanceJournal(Path.Combine(directory, "instances"));
        var durable = new DurablePlatform(head, journal, steps, time);
        requests.On = true;
        durable.Resume();

        using var script = new HttpClient { BaseAddress = new Uri(scenes) };
        for (var slot = Math.Max(begun, 0); slot < Slots; slot++)
        {
            await File.WriteAllTextAsync(progress, slot.ToString(CultureInfo.InvariantCulture), cancellationToken);
            if (slot == begun && swapped && slot + 1 < Slots)
                await WorkAsync(slot + 1, repeat: false);
            await WorkAsync(slot, repeat: slot == begun || (slot == begun + 1 && swapped));
            await head.InvokeAsync<SweepAlerts>(sweep => sweep.RunAsync(new TimerInfo(), durable.Client, cancellationToken));
            // Time passes only for those who sleep: a send in progress is not to time out.
            while (durable.Running > 0)
            {
                if (durable.Active == 0)
                    time.Advance(Tick);
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellationToken);
            }
        }
        await Console.Out.WriteLineAsync(DoneLine);

        async Task WorkAsync(int slot, bool repeat)
        {
            var at = first + Interval * slot;
            if (time.GetUtcNow() < at)
                time.SetUtcNow(at);
            using var scene = await script.GetAsync(new Uri($"{slot}", UriKind.Relative), cancellationToken);
            scene.EnsureSuccessStatusCode();
            var message = Message(await head.Store.ListEndpointsAsync(cancellationToken), at, repeat);
            // Every third message is delivered twice at once.
            var twins = slot % 3 == 2 ? new[] { message, AzureHost.Again(message) } : [message];
            await Task.WhenAll(twins.Select(each => head.InvokeAsync<ProbeEndpoints>(probe => probe.RunAsync(each, durable.Client, cancellationToken))));
        }
    }

    private static QueueMessage Message(IEnumerable<Monitoring.RegisteredEndpoint> endpoints, DateTimeOffset slot, bool repeat)
    {
        var (batches, _) = ProbeBatch.Pack(
            endpoints.Select(each => new ScheduledProbe(each.Endpoint, slot, each.Generation)), Functions.HeadSettings.Home, probesPerMessage: 50);
        return QueuesModelFactory.QueueMessage("message", "receipt", new BinaryData(batches.Single().Body), dequeueCount: repeat ? 2 : 1);
    }
}
