using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Configuration;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Probing;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Server.Tests.Simulation;

/// <summary>
/// The whole one-machine head, as it is put together, over a clock that jumps from slot to slot. Only its two ends are
/// simulated: what an attempt to probe finds, and the network to the receiver of the alerts.
/// </summary>
internal sealed class SimulatedHead : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly TempDirectory? _temp;
    private readonly string _path;
    private readonly DataDirectory _directory;
    private readonly SqliteStore _store;
    private readonly WebApplication _app;
    private readonly List<SimulatedAlert> _alerts = [];
    private int _worked;
    private int _sleepers;

    /// <param name="probe">What an attempt finds; it may take simulated time by <see cref="SleepAsync"/>.</param>
    /// <param name="latency">How long each send takes.</param>
    public SimulatedHead(Endpoint endpoint, Func<SimulatedHead, Endpoint, Task<ProbeResult>> probe, Func<TimeSpan> latency)
    {
        // In memory where there is such a place: a year of transactions that wait for no disk.
        _temp = Directory.Exists("/dev/shm") ? null : new TempDirectory();
        _path = _temp?.Path ?? Directory.CreateDirectory($"/dev/shm/mcpprobe-{Guid.NewGuid():N}").FullName;
        _directory = DataDirectory.Open(Path.Combine(_path, "data"));
        _store = SqliteStore.Open(_directory, Time);
        Endpoint = endpoint;
        var channel = new Channel { Name = endpoint.Channels[0], Type = ChannelType.Webhook, Url = "http://receiver.example" };
        _app = MonitorHost.Build(
            new ServerOptions { Urls = ["http://127.0.0.1:0"], Controls = ControlAddresses.None }, new ProbesDocument([endpoint], [channel]), _store, Time,
            services =>
            {
                services.AddLogging(logging => logging.ClearProviders());
                services.AddSingleton(new McpProber(Time, (each, _, _) => probe(this, each)));
                services.AddSingleton<SendAlert>((_, alert, _) => ReceiveAsync(alert, latency()));
                services.AddSingleton<Func<ProbeRequest, CancellationToken, Task<CycleOutcome>>>(container => async (request, cancellationToken) =>
                {
                    var outcome = await container.GetRequiredService<MonitorCycle>().RunAsync(request, cancellationToken);
                    Interlocked.Increment(ref _worked);
                    return outcome;
                });
            });
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public Endpoint Endpoint { get; }

    /// <summary>What has arrived so far.</summary>
    public IReadOnlyList<SimulatedAlert> Alerts
    {
        get
        {
            lock (_alerts)
                return [.. _alerts];
        }
    }

    /// <summary>Starts it, and waits until the open slot is worked.</summary>
    public async Task StartAsync()
    {
        await _store.PutEndpointAsync(new RegisteredEndpoint(Endpoint, EndpointSource.Api), TestContext.Current.CancellationToken);
        await _app.StartAsync(TestContext.Current.CancellationToken);
        await UntilAsync(() => Volatile.Read(ref _worked) == 1, "the first slot is worked");
    }

    /// <summary>Lets the time come to a slot, and waits until it is worked.</summary>
    public async Task WorkAsync(DateTimeOffset slot)
    {
        var worked = Volatile.Read(ref _worked);
        Time.SetUtcNow(slot);
        await UntilAsync(() => Volatile.Read(ref _worked) > worked, $"slot {slot:O} is worked");
    }

    /// <summary>Waits until so many alerts have arrived; time passes only where something takes its time.</summary>
    public Task ArrivedAsync(int count) => UntilAsync(
        () =>
        {
            lock (_alerts)
                return _alerts.Count >= count;
        },
        $"{count} alerts arrive");

    /// <summary>Takes simulated time.</summary>
    public Task SleepAsync(TimeSpan time)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ITimer? timer = null;
        Interlocked.Increment(ref _sleepers);
        timer = Time.CreateTimer(
            _ =>
            {
                Interlocked.Decrement(ref _sleepers);
                timer?.Dispose();
                done.SetResult();
            },
            null, time, Timeout.InfiniteTimeSpan);
        return done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        // The end of the grace periods is a matter of this clock, too.
        var stopped = _app.StopAsync(CancellationToken.None);
        while (!stopped.IsCompleted)
        {
            Time.Advance(Step);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }
        await _app.DisposeAsync();
        await _store.DisposeAsync();
        _directory.Dispose();
        if (_temp is null)
            Directory.Delete(_path, recursive: true);
        else
            _temp.Dispose();
    }

    private async Task UntilAsync(Func<bool> condition, string what)
    {
        var system = TimeProvider.System;
        var started = system.GetTimestamp();
        for (var spin = new SpinWait(); !condition(); spin.SpinOnce(sleep1Threshold: -1))
        {
            if (Volatile.Read(ref _sleepers) > 0)
                Time.Advance(Step);
            if (spin.Count % 1000 == 999)
            {
                if (system.GetElapsedTime(started) > Patience)
                    Assert.Fail($"Waited in vain until {what}; it is {Time.GetUtcNow():O}, {_worked} slots are worked, {Alerts.Count} alerts have arrived.");
                await Task.Yield();
            }
        }
    }

    private async Task<SendOutcome> ReceiveAsync(Alert alert, TimeSpan latency)
    {
        await SleepAsync(latency);
        lock (_alerts)
            _alerts.Add(new SimulatedAlert(Time.GetUtcNow(), alert.Id, alert.Transitions.Single().Type));
        return SendOutcome.Delivered;
    }
}

internal sealed record SimulatedAlert(DateTimeOffset At, string Id, TransitionType Type);
