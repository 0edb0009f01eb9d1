using System.Globalization;
using Azure;
using McpProbe.CrashTest.Azure;
using McpProbe.CrashTest.OneMachine;
using McpProbe.CrashTest.Truth;
using McpProbe.Functions;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProbe.CrashTest.Soak;

/// <summary>
/// The functions of the Azure head over the emulator: killed, the emulator stopped and started; <see cref="AzureHost"/> gives them every
/// message twice, the newest first, and every timer on two instances.
/// </summary>
internal sealed class AzureSoak : IAsyncDisposable
{
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(12);

    private readonly SoakOptions _options;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly TempDirectory _temp = new();
    private readonly Timeline _timeline = new("Azure");
    private readonly SemaphoreSlim _process = new(1, 1);
    private readonly List<Excuse> _away = [];
    private readonly List<Sample> _samples = [];
    private Azurite _azurite = null!;
    private string _account = "";
    private TableStore _store = null!;
    private Receiver _receiver = null!;
    private ScriptedEndpoints _endpoints = null!;
    private Endpoint[] _definitions = null!;
    private Child? _head;
    private DateTimeOffset _readyAt;
    private int _life, _kills, _stops;
    private double _peakMegabytes;

    private AzureSoak(SoakOptions options) => _options = options;

    /// <returns>Whether all was as promised.</returns>
    public static async Task<bool> RunAsync(SoakOptions options, CancellationToken cancellationToken)
    {
        await using var soak = new AzureSoak(options);
        return await soak.RunAsync(cancellationToken);
    }

    private async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        _azurite = await Azurite.StartAsync(["--silent", "--skipApiVersionCheck"]);
        _account = _azurite.NewAccount().ConnectionString;
        _receiver = await Receiver.StartAsync(new FaultPlan(_options.Seed, share: 0.1));
        _endpoints = await ScriptedEndpoints.StartAsync(Enumerable.Range(0, _options.AzureEndpoints).Select(number => string.Create(CultureInfo.InvariantCulture, $"endpoint-{number}")));
        _definitions = [.. _endpoints.All.Select((each, index) => _endpoints.Definition(each.Id, SoakOptions.Interval, 1 + index % 2, 1 + index / 2 % 2) with { Timeout = SoakOptions.ProbeTimeout })];
        _store = new TableStore(StoreClients.WithConnectionString(_account), shards: 1, [HeadSettings.Home], NullLogger<TableStore>.Instance);
        await _store.OpenAsync(cancellationToken);
        foreach (var definition in _definitions)
            await _store.PutEndpointAsync(new RegisteredEndpoint(definition, EndpointSource.Api), cancellationToken);
        await StartAsync();
        foreach (var endpoint in _endpoints.All)
            await UntilAsync(async () => (await _store.ReadStateAsync(endpoint.Id, cancellationToken))!.State.Baseline is not null, $"{endpoint.Id} has a baseline", orGiveUp: false, cancellationToken);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopKilling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(_options.Time);
        stopKilling.CancelAfter(_options.Time - _options.LongLife);
        using var stopSampling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sampling = Chaos.RunAsync(new Random(0), SampleEvery, SampleEvery, SampleAsync, stopSampling.Token);
        await Task.WhenAll(
            SoakScript.RunAsync(_endpoints, _options.Seed + 10, stop.Token),
            Chaos.RunAsync(new Random(_options.Seed + 11), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3), KillAsync, stopKilling.Token),
            Chaos.RunAsync(new Random(_options.Seed + 12), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), StopAzuriteAsync, stop.Token));

        cancellationToken.ThrowIfCancellationRequested();
        SoakScript.Settle(_endpoints);
        _timeline.Say("the faults are over");
        _receiver.BehaveFromNowOn();
        await UntilAsync(async () => IsSettled(await StoreView.ReadAsync(_store, _store, cancellationToken)), "all is settled and told", orGiveUp: true, cancellationToken);
        await stopSampling.CancelAsync();
        await sampling;
        await _head!.KillAsync();
        _timeline.Ends(StretchEnd.Killed);
        return await JudgeAsync(_time.GetElapsedTime(start), cancellationToken);
    }

    private async Task StartAsync()
    {
        _head = Child.Start(
            typeof(AzureSoak).Assembly.Location, AzureHost.ReadyLine,
            new Dictionary<string, string> { [ServerHost.SecretVariable] = _receiver.Secret },
            AzureHost.Name, "--store", _account, "--journal", _temp.File("instances"), "--receiver", _receiver.Url, "--tick", "10", "--poll", "1000");
        await _head.WhenReadyAsync();
        _life++;
        _readyAt = _time.GetUtcNow();
        _timeline.Begins();
    }

    private async Task KillAsync()
    {
        await _process.WaitAsync();
        try
        {
            await _head!.KillAsync();
            _timeline.Ends(StretchEnd.Killed);
            _kills++;
            await _head.DisposeAsync();
            _receiver.IsRecorded((await StoreView.ReadAsync(_store, _store, CancellationToken.None)).Delivered());
            await StartAsync();
        }
        finally
        {
            _process.Release();
        }
    }

    private async Task StopAzuriteAsync()
    {
        // A head that starts meanwhile waits for it: that is another test's.
        await _process.WaitAsync();
        try
        {
            var from = _time.GetUtcNow();
            _stops++;
            await _azurite.StopAsync();
            _timeline.Say("the account is away");
            await Task.Delay(TimeSpan.FromSeconds(10 + new Random(_options.Seed + _stops).Next(80)), _time);
            await _azurite.StartAgainAsync();
            _timeline.Say("the account is back");
            _away.Add(new Excuse(from, _time.GetUtcNow()));
        }
        finally
        {
            _process.Release();
        }
    }

    private Task SampleAsync()
    {
        if (Sample.Take(_head!.Id, _life, _time.GetUtcNow() - _readyAt) is { } sample)
        {
            _peakMegabytes = Math.Max(_peakMegabytes, sample.Megabytes);
            _samples.Add(sample);
        }
        return Task.CompletedTask;
    }

    private bool IsSettled(StoreView view)
    {
        var right = _endpoints.All.SelectMany(each => new[]
        {
            (each.Id, Kind: IncidentKind.Outage, Open: each.Outages is [.., { End: null }]),
            (each.Id, Kind: IncidentKind.Drift, Open: each.Drifts is [.., { End: null }]),
        }).Where(each => each.Open).Select(each => (each.Id, each.Kind)).ToHashSet();
        return right.SetEquals(view.Incidents.Where(incident => incident.ResolvedAt is null).Select(incident => (incident.EndpointId, incident.Kind)))
            && view.Untold.All(each => each.StartsWith("open: ", StringComparison.Ordinal));
    }

    private async Task UntilAsync(Func<Task<bool>> condition, string what, bool orGiveUp, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (!await HoldsAsync(condition))
        {
            if (_head!.HasEnded || _time.GetElapsedTime(began) > Patience)
            {
                // The judge says what is wrong.
                if (orGiveUp && !_head.HasEnded)
                    return;
                throw new CrashTestException($"{(_head.HasEnded ? "The head ended while waiting" : "Waited in vain")} until {what}:\n{_head.Output}");
            }
            await Task.Delay(TimeSpan.FromSeconds(5), _time, cancellationToken);
        }
    }

    /// <summary>Whether it holds; not yet if the account does not answer: it may just be coming back.</summary>
    private static async Task<bool> HoldsAsync(Func<Task<bool>> condition)
    {
        try
        {
            return await condition();
        }
        catch (RequestFailedException exception) when (exception.Status is 0 or >= 500)
        {
            return false;
        }
    }

    private async Task<bool> JudgeAsync(TimeSpan took, CancellationToken cancellationToken)
    {
        var comparison = new Comparison
        {
            // Whether it is right that it is open is IncidentCheck's.
            MayBeOpen = incident => incident.Kind is IncidentKind.Outage or IncidentKind.Drift,
        };
        var view = await StoreView.ReadAsync(_store, _store, cancellationToken);
        var truths = await Truths.ReadAsync(_definitions, _endpoints, _store, cancellationToken);

        if (_kills == 0 || _stops == 0)
            comparison.Fail("the run was too short to try everything");
        comparison.Count("SIGKILLs", _kills);
        comparison.Count("times the storage account was away", _stops);
        // A slot that waited in its queue for longer than its interval is a gap; and a schedule that dies between its claim and its messages leaves one.
        new SlotCheck(comparison, _timeline.Stretches, [], new SlotPromise(GapAfter: TimeSpan.FromMinutes(2)) { Away = _away }).Check(truths);
        new IncidentCheck(comparison, _timeline.Stretches, _away).Check(truths, view.Incidents, _receiver.Arrivals);
        comparison.Compare(view, _receiver.Arrivals, _receiver.Recorded);
        Flatness.Check(comparison, "all lives", _samples);
        Flatness.Check(comparison, "the last life", _samples.Where(sample => sample.Life == _life).ToList());
        comparison.Count("MB of memory at most", (int)_peakMegabytes);
        return comparison.Print(
            string.Create(CultureInfo.InvariantCulture, $"Azure, {_options.AzureEndpoints:N0} endpoints, seed {_options.Seed}"), took);
    }

    public async ValueTask DisposeAsync()
    {
        if (_head is not null)
            await _head.DisposeAsync();
        if (_endpoints is not null)
            await _endpoints.DisposeAsync();
        if (_receiver is not null)
            await _receiver.DisposeAsync();
        if (_azurite is not null)
            await _azurite.DisposeAsync();
        _temp.Dispose();
        _process.Dispose();
    }
}
