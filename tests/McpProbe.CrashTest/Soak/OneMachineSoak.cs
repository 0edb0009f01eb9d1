using System.Globalization;
using System.Text.Json;
using McpProbe.CrashTest.OneMachine;
using McpProbe.CrashTest.Truth;
using McpProbe.Model;
using McpProbe.Server.Storage;
using McpProbe.Testing;

namespace McpProbe.CrashTest.Soak;

/// <summary>The built <c>mcpprobe-server</c> with its data on a small disk: killed, its disk filled and freed, its clock set.</summary>
internal sealed class OneMachineSoak : IAsyncDisposable
{
    private const string DiskSize = "192m";
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(12);

    private readonly SoakOptions _options;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly TempDirectory _temp = new();
    private readonly SmallDisk _disk = SmallDisk.InMemory(DiskSize);
    private readonly Timeline _timeline = new("one machine");
    private readonly SettableClock _clock;
    private readonly SemaphoreSlim _process = new(1, 1);
    private readonly List<Excuse> _forgotten = [];
    private readonly List<Sample> _samples = [];
    private Receiver _receiver = null!;
    private ScriptedEndpoints _endpoints = null!;
    private Endpoint[] _definitions = null!;
    private Child? _server;
    private string _page = "";
    private DateTimeOffset _readyAt;
    private DateTimeOffset? _filledAt;
    private int _life, _kills, _refusedStarts, _fills, _clockSteps;
    private double _peakMegabytes;

    private OneMachineSoak(SoakOptions options)
    {
        _options = options;
        _clock = new SettableClock(_temp.File("clock"));
    }

    /// <returns>Whether all was as promised.</returns>
    public static async Task<bool> RunAsync(SoakOptions options, CancellationToken cancellationToken)
    {
        if (SettableClock.Missing is { } missing)
            throw new CrashTestException(missing);
        await using var soak = new OneMachineSoak(options);
        return await soak.RunAsync(cancellationToken);
    }

    private async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        _receiver = await Receiver.StartAsync(new FaultPlan(_options.Seed, share: 0.1));
        _endpoints = await ScriptedEndpoints.StartAsync(Enumerable.Range(0, _options.Endpoints).Select(number => string.Create(CultureInfo.InvariantCulture, $"endpoint-{number}")));
        _definitions = [.. _endpoints.All.Select((each, index) => _endpoints.Definition(each.Id, SoakOptions.Interval, 1 + index % 2, 1 + index / 2 % 2) with { Timeout = SoakOptions.ProbeTimeout })];
        await ServerKills.WriteProbesAsync(_temp.File("probes.json"), _definitions, _receiver, cancellationToken);
        await StartAsync();
        // What is drifted is so against the tools that were seen first.
        await Task.Delay(SoakOptions.Interval + SoakOptions.ProbeTimeout, _time, cancellationToken);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopKilling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(_options.Time);
        stopKilling.CancelAfter(_options.Time - _options.LongLife);
        using var stopSampling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sampling = Chaos.RunAsync(new Random(0), SampleEvery, SampleEvery, SampleAsync, stopSampling.Token);
        await Task.WhenAll(
            SoakScript.RunAsync(_endpoints, _options.Seed, stop.Token),
            Chaos.RunAsync(new Random(_options.Seed + 1), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3), KillAsync, stopKilling.Token),
            Chaos.RunAsync(new Random(_options.Seed + 2), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3), FillAsync, stop.Token),
            Chaos.RunAsync(new Random(_options.Seed + 3), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3), SetClockAsync, stop.Token));

        cancellationToken.ThrowIfCancellationRequested();
        SoakScript.Settle(_endpoints);
        _timeline.Say("the faults are over");
        _receiver.BehaveFromNowOn();
        await WaitUntilSettledAsync(cancellationToken);
        await stopSampling.CancelAsync();
        await sampling;
        // From now on it begins no probe, and lets those in flight end.
        _timeline.Ends(StretchEnd.Ended);
        await _server!.TerminateAsync();
        return await JudgeAsync(_time.GetElapsedTime(start), cancellationToken);
    }

    private async Task StartAsync()
    {
        while (true)
        {
            var environment = new Dictionary<string, string>(_clock.Environment) { [ServerHost.SecretVariable] = _receiver.Secret };
            _server = Child.Start(
                typeof(SqliteStore).Assembly.Location, "The page: ", environment,
                "--probes", _temp.File("probes.json"), "--data", Path.Combine(_disk.Path, "data"), "--urls", "http://127.0.0.1:0");
            if (await Task.WhenAny(_server.Ready, _server.Ended, Task.Delay(TimeSpan.FromMinutes(2), _time)) == _server.Ready)
            {
                _page = await _server.Ready;
                break;
            }
            // On a full disk that is as promised, when it says why.
            if (!_server.HasEnded || _server.ExitCode != 2 || _filledAt is null)
                throw new CrashTestException($"The server {(_server.HasEnded ? $"ended with {_server.ExitCode}" : "is not ready")}:\n{_server.Output}");
            await _server.DisposeAsync();
            _refusedStarts++;
            await Task.Delay(TimeSpan.FromSeconds(5), _time);
        }
        _life++;
        _readyAt = _time.GetUtcNow();
        _timeline.Begins();
    }

    private async Task KillAsync()
    {
        await _process.WaitAsync();
        try
        {
            await _server!.KillAsync();
            _timeline.Ends(StretchEnd.Killed);
            _kills++;
            var now = _time.GetUtcNow();
            lock (_forgotten)
            {
                // What was in memory only is gone.
                if (_filledAt is { } filled)
                    _forgotten.Add(new Excuse(filled, now));
            }
            await _server.DisposeAsync();
            _receiver.IsRecorded((await DeadStore.ReadCopyAsync(Path.Combine(_disk.Path, "data"), CancellationToken.None)).Delivered());
            await StartAsync();
        }
        finally
        {
            _process.Release();
        }
    }

    private async Task FillAsync()
    {
        var time = TimeSpan.FromSeconds(20 + new Random(_options.Seed + _fills).Next(70));
        _fills++;
        _filledAt = _time.GetUtcNow();
        _disk.Fill();
        _timeline.Say("the disk is full");
        await Task.Delay(time, _time);
        _disk.Free();
        _timeline.Say("the disk is free");
        // It tries every few seconds, and more seldom the more it holds.
        await UntilAsync(async () => !(await GetAsync("/api/health")).Contains("store-refuses-writes", StringComparison.Ordinal), "the store works again after its disk is free");
        lock (_forgotten)
            _filledAt = null;
        _timeline.Say("the store works again");
    }

    private async Task SetClockAsync()
    {
        // At least a second: what a machine's clock does by itself is no step.
        int[] steps = [-150, -90, -45, -2, 2, 45, 90, 150];
        var random = new Random(_options.Seed + 7 * _clockSteps);
        var ahead = _timeline.Ahead + TimeSpan.FromSeconds(steps[random.Next(steps.Length)]);
        if (ahead.Duration() > TimeSpan.FromMinutes(5))
            ahead = TimeSpan.Zero;
        await _process.WaitAsync();
        try
        {
            _clockSteps++;
            _timeline.ClockIsSet(ahead);
            _clock.Set(ahead);
            await Task.Delay(SettableClock.Notice, _time);
        }
        finally
        {
            _process.Release();
        }
    }

    private Task SampleAsync()
    {
        if (Sample.Take(_server!.Id, _life, _time.GetUtcNow() - _readyAt) is { } sample)
        {
            _peakMegabytes = Math.Max(_peakMegabytes, sample.Megabytes);
            // What waits for a full disk is bounded, but not flat.
            if (_filledAt is null)
                _samples.Add(sample);
        }
        return Task.CompletedTask;
    }

    private Task WaitUntilSettledAsync(CancellationToken cancellationToken)
    {
        var right = _endpoints.All.SelectMany(each => new[]
        {
            (each.Id, Kind: "outage", Open: each.Outages is [.., { End: null }]),
            (each.Id, Kind: "drift", Open: each.Drifts is [.., { End: null }]),
        }).Where(each => each.Open).Select(each => $"{each.Id} {each.Kind}").Order(StringComparer.Ordinal).ToList();
        return UntilAsync(
            async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(5), _time, cancellationToken);
                using var document = JsonDocument.Parse(await GetAsync("/api/incidents?state=open&limit=1000"));
                if (!document.RootElement.TryGetProperty("incidents", out var incidents))
                    return false;
                var open = incidents.EnumerateArray().Select(one => one.GetProperty("incident"))
                    .Select(one => $"{one.GetProperty("endpointId").GetString()} {one.GetProperty("kind").GetString()}").Order(StringComparer.Ordinal);
                if (!open.SequenceEqual(right))
                    return false;
                // The last of them is on its way.
                await Task.Delay(TimeSpan.FromSeconds(20), _time, cancellationToken);
                return true;
            },
            "exactly those incidents are open that should be", orGiveUp: true, cancellationToken);
    }

    private async Task UntilAsync(Func<Task<bool>> condition, string what, bool orGiveUp = false, CancellationToken cancellationToken = default)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                if (await condition())
                    return;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is HttpRequestException or TaskCanceledException or IOException or JsonException)
            {
                // It is dead, or has just begun.
            }
            if (_time.GetElapsedTime(began) > Patience)
            {
                // The judge says what is wrong.
                if (orGiveUp)
                    return;
                throw new CrashTestException($"Waited in vain until {what}:\n{_server!.Output}");
            }
            await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellationToken);
        }
    }

    private async Task<string> GetAsync(string path)
    {
        using var http = new HttpClient { BaseAddress = new Uri(_page), Timeout = TimeSpan.FromSeconds(20) };
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        return await answer.Content.ReadAsStringAsync();
    }

    private async Task<bool> JudgeAsync(TimeSpan took, CancellationToken cancellationToken)
    {
        var comparison = new Comparison
        {
            // Whether it is right that it is open is IncidentCheck's.
            MayBeOpen = incident => incident.Kind is IncidentKind.Outage or IncidentKind.Drift,
            MayBeForgotten = arrival => _forgotten.Any(excuse => arrival.At >= excuse.From && arrival.At <= excuse.Until + Receiver.LongestAnswer),
        };
        if (_server!.ExitCode != 0)
            comparison.Fail($"the last server ended with {_server.ExitCode}:\n{_server.Output}");
        using var directory = DataDirectory.Open(Path.Combine(_disk.Path, "data"));
        await using var store = SqliteStore.Open(directory, _time);
        var view = await StoreView.ReadAsync(store, store, cancellationToken);
        var truths = await Truths.ReadAsync(_definitions, _endpoints, store, cancellationToken);

        if (_kills == 0 || _fills == 0 || _clockSteps == 0)
            comparison.Fail("the run was too short to try everything");
        comparison.Count("SIGKILLs", _kills);
        comparison.Count("times the disk was full", _fills);
        comparison.Count("  and the process killed meanwhile", _forgotten.Count);
        comparison.Count("  starts refused meanwhile", _refusedStarts);
        comparison.Count("times the clock was set", _clockSteps);
        new SlotCheck(comparison, _timeline.Stretches, _forgotten, new SlotPromise(GapAfter: TimeSpan.Zero)).Check(truths);
        new IncidentCheck(comparison, _timeline.Stretches, _forgotten).Check(truths, view.Incidents.Where(incident => incident.EndpointId != "mcpprobe").ToList(), _receiver.Arrivals);
        comparison.Compare(view, _receiver.Arrivals, _receiver.Recorded);
        Flatness.Check(comparison, "all lives", _samples);
        Flatness.Check(comparison, "the last life", _samples.Where(sample => sample.Life == _life).ToList());
        comparison.Count("MB of memory at most", (int)_peakMegabytes);
        return comparison.Print(
            string.Create(CultureInfo.InvariantCulture, $"one machine, {_options.Endpoints:N0} endpoints, seed {_options.Seed}"), took);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        if (_endpoints is not null)
            await _endpoints.DisposeAsync();
        if (_receiver is not null)
            await _receiver.DisposeAsync();
        _disk.Dispose();
        _temp.Dispose();
        _process.Dispose();
    }
}
