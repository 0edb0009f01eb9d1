using System.Collections.Concurrent;
using McpProbe.Functions.Alerts;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using NSubstitute;

namespace McpProbe.Functions.Tests;

/// <summary>
/// What the durable platform does for the head, in memory: an instance id runs once, activities run the head's own
/// <see cref="Deliver"/>, timers wait.
/// </summary>
internal sealed class Courier
{
    private readonly Head _head;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Task> _instances = [];
    private readonly ConcurrentDictionary<string, DateTimeOffset> _downUntil = [];
    private int _crashes;

    internal Courier(Head head, TimeProvider time)
    {
        (_head, _time) = (head, time);
        Client.ScheduleNewOrchestrationInstanceAsync(
            Arg.Any<TaskName>(), Arg.Any<object?>(), Arg.Any<StartOrchestrationOptions?>(), Arg.Any<CancellationToken>())
            .Returns(call => Start(call.Arg<TaskName>(), (string)call[1], call.Arg<StartOrchestrationOptions>().InstanceId!));
        Client.GetInstanceAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(call => Find(call.Arg<string>()));
        Client.PurgeAllInstancesAsync(Arg.Any<PurgeInstancesFilter>(), Arg.Any<CancellationToken>()).Returns(new PurgeResult(0));
    }

    internal DurableTaskClient Client { get; } = Substitute.For<DurableTaskClient>("test");

    /// <summary>Instances that could not be started at first.</summary>
    internal IReadOnlyCollection<string> Crashed => [.. _downUntil.Keys];

    internal IReadOnlyCollection<string> Instances => [.. _instances.Keys];

    /// <summary>
    /// The next instance cannot be started for two seconds, by anybody: as if the process, and its twin with the same message,
    /// had died after the state was written.
    /// </summary>
    internal void CrashOnce() => Interlocked.Increment(ref _crashes);

    internal IEnumerable<string> Describe() => _instances.Select(instance => $"{instance.Key} {instance.Value.Status} {instance.Value.Exception?.InnerException}");

    internal Task FinishAsync() => Task.WhenAll(_instances.Values);

    private Task<string> Start(TaskName name, string input, string id)
    {
        Assert.Equal(nameof(DeliverTransition), name.Name);
        if (Interlocked.CompareExchange(ref _crashes, 0, 1) == 1)
            _downUntil[id] = _time.GetUtcNow().AddSeconds(2);
        if (_downUntil.TryGetValue(id, out var until) && _time.GetUtcNow() < until)
            throw new InvalidOperationException("crashed between the state and the orchestration");

        var mayRun = new TaskCompletionSource();
        if (!_instances.TryAdd(id, RunAsync(input, id, mayRun.Task)))
            throw new InvalidOperationException($"instance {id} exists");
        mayRun.SetResult();
        return Task.FromResult(id);
    }

    private OrchestrationMetadata? Find(string id) => _instances.TryGetValue(id, out var running)
        ? new OrchestrationMetadata(nameof(DeliverTransition), id)
        {
            RuntimeStatus = running switch
            {
                { IsCompletedSuccessfully: true } => OrchestrationRuntimeStatus.Completed,
                { IsCompleted: true } => OrchestrationRuntimeStatus.Failed,
                _ => OrchestrationRuntimeStatus.Running,
            },
        }
        : null;

    private async Task RunAsync(string input, string id, Task mayRun)
    {
        await mayRun;
        await Task.Yield();
        var context = Substitute.For<TaskOrchestrationContext>();
        context.InstanceId.Returns(id);
        context.GetInput<string>().Returns(input);
        context.CallActivityAsync<DeliveryStep>(Arg.Any<TaskName>(), Arg.Any<object?>(), Arg.Any<TaskOptions?>()).Returns(async call =>
        {
            DeliveryStep? step = null;
            var request = (DeliveryRequest)call[1];
            await _head.InvokeAsync<Deliver>(async deliver => step = await deliver.RunAsync(request, CancellationToken.None));
            return step!;
        });
        context.CreateTimer(Arg.Any<DateTime>(), Arg.Any<CancellationToken>()).Returns(call =>
        {
            var rest = call.Arg<DateTime>() - _time.GetUtcNow().UtcDateTime;
            return rest > TimeSpan.Zero ? Task.Delay(rest, _time) : Task.CompletedTask;
        });
        await DeliverTransition.RunAsync(context);
    }
}
