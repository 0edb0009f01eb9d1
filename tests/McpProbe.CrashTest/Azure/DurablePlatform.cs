using System.Collections.Concurrent;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Tests;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using NSubstitute;

namespace McpProbe.CrashTest.Azure;

/// <summary>
/// The durable platform, as far as the head needs it, over a journal: an instance that was started survives the process, and
/// after a death runs again from its beginning with its activities, which is legal, and harsher than the real one's replay.
/// </summary>
internal sealed class DurablePlatform
{
    private readonly Head _head;
    private readonly InstanceJournal _journal;
    private readonly Steps _steps;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Task> _instances = [];
    private int _running;
    private int _active;

    public DurablePlatform(Head head, InstanceJournal journal, Steps steps, TimeProvider time)
    {
        (_head, _journal, _steps, _time) = (head, journal, steps, time);
        Client.ScheduleNewOrchestrationInstanceAsync(
            Arg.Any<TaskName>(), Arg.Any<object?>(), Arg.Any<StartOrchestrationOptions?>(), Arg.Any<CancellationToken>())
            .Returns(call => Start((string)call[1], call.Arg<StartOrchestrationOptions>().InstanceId!));
        Client.GetInstanceAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(call => Find(call.Arg<string>()));
    }

    public DurableTaskClient Client { get; } = Substitute.For<DurableTaskClient>("test");

    /// <summary>Instances that have not ended.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Activities in progress; when there are none, the instances sleep on their timers.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Goes on with what a dead process has left.</summary>
    public void Resume()
    {
        foreach (var (id, input) in _journal.Unfinished)
            Run(id, input);
    }

    private Task<string> Start(string input, string id)
    {
        _steps.Pass("before an orchestration starts");
        if (!_journal.TryStart(id, input))
            throw new InvalidOperationException($"instance {id} exists");
        _steps.Pass("after an orchestration starts");
        Run(id, input);
        return Task.FromResult(id);
    }

    private OrchestrationMetadata? Find(string id) => _journal.HasStarted(id)
        ? new OrchestrationMetadata(nameof(DeliverTransition), id)
        {
            RuntimeStatus = _journal.HasEnded(id) ? OrchestrationRuntimeStatus.Completed : OrchestrationRuntimeStatus.Running,
        }
        : null;

    private void Run(string id, string input)
    {
        Interlocked.Increment(ref _running);
        _instances[id] = Task.Run(() => RunAsync(id, input));
    }

    private async Task RunAsync(string id, string input)
    {
        try
        {
            var context = Substitute.For<TaskOrchestrationContext>();
            context.InstanceId.Returns(id);
            context.GetInput<string>().Returns(input);
            context.CallActivityAsync<DeliveryStep>(Arg.Any<TaskName>(), Arg.Any<object?>(), Arg.Any<TaskOptions?>())
                .Returns(call => DeliverUntilTheStoreAnswersAsync((DeliveryRequest)call[1]));
            context.CreateTimer(Arg.Any<DateTime>(), Arg.Any<CancellationToken>()).Returns(call => SleepAsync(call.Arg<DateTime>()));
            await DeliverTransition.RunAsync(context);
            _steps.Pass("before an orchestration ends");
            _journal.End(id);
            _steps.Pass("after an orchestration ends");
        }
        catch (Exception failure)
        {
            await Console.Error.WriteLineAsync($"{id} failed: {failure}");
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    // The retry policy of the activity: DeliverTransition.StoreRetries.
    private async Task<DeliveryStep> DeliverUntilTheStoreAnswersAsync(DeliveryRequest request)
    {
        while (true)
        {
            try
            {
                return await DeliverAsync(request);
            }
            catch (Exception failure) when (failure is global::Azure.RequestFailedException or AggregateException)
            {
                await Console.Error.WriteLineAsync($"Deliver failed: {failure.Message}");
                await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
            }
        }
    }

    private async Task<DeliveryStep> DeliverAsync(DeliveryRequest request)
    {
        DeliveryStep? step = null;
        Interlocked.Increment(ref _active);
        try
        {
            await _head.InvokeAsync<Deliver>(async deliver => step = await deliver.RunAsync(request, CancellationToken.None));
        }
        finally
        {
            Interlocked.Decrement(ref _active);
        }
        return step!;
    }

    private Task SleepAsync(DateTime until)
    {
        var rest = until - _time.GetUtcNow().UtcDateTime;
        return rest > TimeSpan.Zero ? Task.Delay(rest, _time) : Task.CompletedTask;
    }
}
