using System.CommandLine;
using System.Globalization;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using McpProbe.CrashTest.OneMachine;
using McpProbe.CrashTest.Truth;
using McpProbe.Functions;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpProbe.CrashTest.Azure;

/// <summary>
/// The child of <see cref="AzureKills"/>: the functions of the Azure head, run as the platform runs them on a bad day. Timers
/// fire on two instances at once; the newest queue messages come first, and every one of them comes twice.
/// </summary>
internal static class AzureHost
{
    public const string Name = "azure-child";
    public const string ReadyLine = "The functions run";

    /// <summary>How long a message stays hidden from others once it was received: when its process dies, it comes again.</summary>
    private static readonly TimeSpan Hidden = TimeSpan.FromSeconds(2);

    private const int MostAtOnce = 8;

    public static Command Command()
    {
        var store = new Option<string>("--store") { Required = true };
        var journal = new Option<string>("--journal") { Required = true };
        var receiver = new Option<string>("--receiver") { Required = true };
        var tick = new Option<int>("--tick") { Description = "Seconds from one run of the timers to the next.", DefaultValueFactory = _ => 1 };
        var poll = new Option<int>("--poll") { Description = "Milliseconds from one look into the queue to the next.", DefaultValueFactory = _ => 100 };
        var command = new Command(Name) { store, journal, receiver, tick, poll };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(store), parsed.GetRequiredValue(journal), parsed.GetRequiredValue(receiver),
            parsed.GetValue(tick), TimeSpan.FromMilliseconds(parsed.GetValue(poll)), cancellationToken));
        return command;
    }

    /// <summary>The settings of a head that sends to the receiver.</summary>
    /// <param name="tick">Seconds between two runs of a timer: a divisor of 60.</param>
    public static (string Name, string Value)[] Settings(string receiver, int tick = 1) =>
    [
        ("ProbeSchedule", string.Create(CultureInfo.InvariantCulture, $"*/{tick} * * * * *")),
        ("Shards", "1"),
        ($"Channels__{Receiver.Chat}__type", "slack"),
        ($"Channels__{Receiver.Chat}__url", $"{receiver}/{Receiver.Chat}"),
        ($"Channels__{Receiver.Channel}__type", "webhook"),
        ($"Channels__{Receiver.Channel}__url", receiver),
        ($"Channels__{Receiver.Channel}__secret", $"${{env:{ServerHost.SecretVariable}}}"),
    ];

    private static async Task<int> RunAsync(
        string store, string journal, string receiver, int tick, TimeSpan poll, CancellationToken cancellationToken)
    {
        await using var head = await Head.StartAsync(
            store, StoreClients.WithConnectionString(store), TimeProvider.System,
            services => services
                .AddSingleton(LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning)))
                .AddSingleton(typeof(ILogger<>), typeof(Logger<>)),
            Settings(receiver, tick));
        using var instances = new InstanceJournal(journal);
        var durable = new DurablePlatform(head, instances, new Steps(diesAt: 0), TimeProvider.System);
        durable.Resume();
        await Console.Out.WriteLineAsync(ReadyLine);
        await Task.WhenAll(RunTimersAsync(head, durable, TimeSpan.FromSeconds(tick), cancellationToken), RunQueueAsync(head, durable, poll, cancellationToken));
        return 0;
    }

    private static async Task RunTimersAsync(Head head, DurablePlatform durable, TimeSpan tick, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.WhenAll(
                InvokeAsync(head, (ScheduleProbes schedule) => schedule.RunAsync(new TimerInfo(), cancellationToken)),
                InvokeAsync(head, (ScheduleProbes schedule) => schedule.RunAsync(new TimerInfo(), cancellationToken)),
                InvokeAsync(head, (SweepAlerts sweep) => sweep.RunAsync(new TimerInfo(), durable.Client, cancellationToken)));
            // At the instants that the schedule names, as the platform's timers do.
            var now = TimeProvider.System.GetUtcNow();
            await Task.Delay(tick - TimeSpan.FromTicks(now.UtcTicks % tick.Ticks), TimeProvider.System, cancellationToken);
        }
    }

    private static async Task RunQueueAsync(Head head, DurablePlatform durable, TimeSpan poll, CancellationToken cancellationToken)
    {
        var queue = head.Services.GetRequiredService<QueueServiceClient>().GetQueueClient(HeadSettings.QueueOf(HeadSettings.Home));
        // While it works a message, the platform keeps it hidden; and it takes no more than it can work.
        var working = new Dictionary<string, Task>();
        while (true)
        {
            foreach (var (id, work) in working.Where(each => each.Value.IsCompleted).ToList())
            {
                working.Remove(id);
                await work;
            }
            var messages = working.Count < MostAtOnce ? await ReceiveAsync(queue, cancellationToken) : [];
            foreach (var message in messages.Reverse().Where(message => !working.ContainsKey(message.MessageId)))
            {
                working.Add(message.MessageId, Task.WhenAll(
                    WorkAsync(head, durable, queue, message, cancellationToken),
                    WorkAsync(head, durable, queue, Again(message), cancellationToken)));
            }
            await Task.Delay(poll, TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<QueueMessage[]> ReceiveAsync(QueueClient queue, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.ReceiveMessagesAsync(MostAtOnce, Hidden, cancellationToken);
        }
        catch (Exception away) when (away is global::Azure.RequestFailedException or AggregateException)
        {
            await Console.Error.WriteLineAsync($"The queue does not answer: {away.Message}");
            return [];
        }
    }

    private static async Task WorkAsync(
        Head head, DurablePlatform durable, QueueClient queue, QueueMessage message, CancellationToken cancellationToken)
    {
        // One that failed is left, and comes again.
        if (!await InvokeAsync(head, (ProbeEndpoints probe) => probe.RunAsync(message, durable.Client, cancellationToken)))
            return;
        try
        {
            await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
        }
        catch (Exception gone) when (gone is global::Azure.RequestFailedException { Status: 404 or 400 or 0 } or AggregateException)
        {
            // Its twin was done first and has deleted it, or it was hidden for too short a time and somebody else has it; or the account is away: it comes again.
        }
    }

    public static QueueMessage Again(QueueMessage message) => QueuesModelFactory.QueueMessage(
        message.MessageId, message.PopReceipt, message.Body, dequeueCount: 2, message.NextVisibleOn, message.InsertedOn, message.ExpiresOn);

    // The platform logs a function that fails, and goes on.
    private static async Task<bool> InvokeAsync<T>(Head head, Func<T, Task> call) where T : class
    {
        try
        {
            await head.InvokeAsync(call);
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{typeof(T).Name} failed: {failure.Message}");
            return false;
        }
    }
}
