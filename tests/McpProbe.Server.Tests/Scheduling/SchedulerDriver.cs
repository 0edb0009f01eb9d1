using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Metrics;
using McpProbe.Probing;
using McpProbe.Server.Scheduling;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Server.Tests.Scheduling;

/// <summary>A scheduler over a real store, whose clock and whose probes are the test's.</summary>
internal sealed class SchedulerDriver : IAsyncDisposable
{
    private readonly TempDirectory _temp = new();
    private readonly DataDirectory _directory;
    private readonly MonitorMetrics _metrics = new(new OwnSeries());
    private readonly MeterListener _listener = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _over = new();
    private readonly ProbeScheduler _scheduler;
    private int _inFlight;
    private long _gaps;
    private Task? _running;

    public SchedulerDriver(int concurrency = 64, int manyAtStart = int.MaxValue)
    {
        Watch = new SlotWatch(Time);
        _directory = DataDirectory.Open(_temp.File("data"));
        Store = SqliteStore.Open(_directory, Time);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _metrics.Own) && instrument.Name is "mcpprobe.slots.missed")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref _gaps, count));
        _listener.Start();
        _scheduler = new ProbeScheduler(
            Store, WorkAsync, new SchedulerOptions(concurrency, concurrency, TimeSpan.FromSeconds(15)) { ManyAtStart = manyAtStart }, _metrics, Watch, Time, NullLogger<ProbeScheduler>.Instance);
        Store.EndpointChanged = _scheduler.Changed;
    }

    public FakeTimeProvider Time { get; } = new(StoreSamples.Start);

    public SqliteStore Store { get; }

    public SlotWatch Watch { get; }

    /// <summary>What a probe does; at once healthy unless the test says otherwise.</summary>
    public Func<ProbeRequest, CancellationToken, Task> Probe { get; set; } = (_, _) => Task.CompletedTask;

    public ConcurrentQueue<ProbeRequest> Started { get; } = [];

    public int InFlight => Volatile.Read(ref _inFlight);

    public int MostInFlight { get; private set; }

    public long Gaps => Interlocked.Read(ref _gaps);

    public static Endpoint Every(string id, double seconds) =>
        StoreSamples.Endpoint(id) with { Interval = TimeSpan.FromSeconds(seconds), Timeout = TimeSpan.FromSeconds(1) };

    public async Task PutAsync(params Endpoint[] endpoints)
    {
        await Task.WhenAll(endpoints.Select(endpoint =>
            Store.PutEndpointAsync(new RegisteredEndpoint(endpoint, EndpointSource.Api), TestContext.Current.CancellationToken)));
    }

    public async Task DeleteAsync(string id)
    {
        var before = await Store.ReadStateAsync(id, TestContext.Current.CancellationToken);
        await Store.CommitAsync(
            new StateChange { EndpointId = id, Before = before!, DeleteEndpoint = true }, TestContext.Current.CancellationToken);
    }

    public void Start() => _running = Task.Run(() => _scheduler.RunAsync(_stop.Token));

    public Task StartedAsync(int count) =>
        Eventually.TrueAsync(() => Started.Count >= count, $"{count} probes started (until now {Started.Count})");

    public IEnumerable<DateTimeOffset> SlotsOf(string id) =>
        Started.Where(request => request.Endpoint.Id == id).Select(request => request.Slot);

    /// <summary>Asks it to end; the task ends when it has.</summary>
    public async Task<Task> StopAsync()
    {
        await _stop.CancelAsync();
        return _running!;
    }

    public async ValueTask DisposeAsync()
    {
        // A test that failed leaves probes that wait for a clock that nobody moves any more.
        await _over.CancelAsync();
        await _stop.CancelAsync();
        if (_running is not null)
            await _running;
        await _scheduler.DisposeAsync();
        _stop.Dispose();
        _over.Dispose();
        await Store.DisposeAsync();
        _directory.Dispose();
        _listener.Dispose();
        _metrics.Dispose();
        _temp.Dispose();
    }

    private async Task<CycleOutcome> WorkAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        lock (_listener)
            MostInFlight = Math.Max(MostInFlight, ++_inFlight);
        try
        {
            Started.Enqueue(request);
            await Probe(request, cancellationToken).WaitAsync(_over.Token);
            return CycleOutcome.Recorded;
        }
        finally
        {
            lock (_listener)
                _inFlight--;
        }
    }
}
