using System.Diagnostics.Metrics;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Metrics;
using McpProbe.Uptime;
using McpProbe.Web.Health;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace McpProbe.Web.Metrics;

/// <summary>
/// The metrics of one head: what is counted as it happens (<see cref="MonitorMetrics"/>, alerts), and what the store says of the
/// endpoints, read for each scrape and each export, at most once in <see cref="Kept"/>.
/// </summary>
internal sealed class HeadMetrics : IDisposable
{
    internal const string EndpointsMeterName = "McpProbe.Endpoints";

    internal static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    /// <summary>Prometheus gives up after 10 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>Series of one name beside those of endpoints: groups by verdict, and the like.</summary>
    private const int OtherSeries = OwnSeries.MostGroups * 8;

    private readonly IServiceProvider _services;
    private readonly MonitorMetrics _measured;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Looking<MetricsSnapshot> _looking;
    private ErrorBudgets? _budgets;
    private volatile MetricsSnapshot _snapshot = MetricsSnapshot.Unknown;

    public HeadMetrics(IServiceProvider services, MonitorMetrics measured, TimeProvider time)
    {
        (_services, _measured, _time) = (services, measured, time);
        _looking = new Looking<MetricsSnapshot>(ReadAsync, Kept, Patience, time);
        _meter = new Meter(new MeterOptions(EndpointsMeterName) { Scope = measured.Series });
        foreach (var gauge in MetricsSnapshot.All)
            _meter.CreateObservableGauge(gauge.Name, () => _snapshot.Measured(gauge), gauge.Unit, gauge.Description);
        Scrapes = Configure(Sdk.CreateMeterProviderBuilder().ConfigureResource(OtlpExport.Describe)).AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0).Build();
    }

    /// <summary>What a scrape reads.</summary>
    public MeterProvider Scrapes { get; }

    /// <summary>Adds what McpProbe measures, bounded, and none of another head in this process.</summary>
    /// <param name="endpoints">With what the store says of the endpoints.</param>
    public MeterProviderBuilder Configure(MeterProviderBuilder builder, bool endpoints = true) => builder
        .AddMeter(MonitorMetrics.MeterName, MonitorMetrics.MeterName + ".*")
        .AddView(instrument =>
            (instrument.Meter.Scope is OwnSeries other && other != _measured.Series) || (!endpoints && instrument.Meter == _meter)
                ? MetricStreamConfiguration.Drop
                : new MetricStreamConfiguration { CardinalityLimit = LimitOf(instrument.Name) });

    /// <summary>Chooses which endpoints have series of their own, before the first probe.</summary>
    public async Task ChooseAsync(CancellationToken cancellationToken) =>
        Choose(await _services.GetRequiredService<IEndpointStore>().ListEndpointsAsync(cancellationToken));

    /// <summary>Reads the store anew, unless that was done a moment ago. A store that cannot be read is a value of its own.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (_services.GetService<IHeadHealth>() is { } health && await health.FindBlockAsync(cancellationToken) is not null)
        {
            _snapshot = MetricsSnapshot.Unknown;
            return;
        }

        try
        {
            _snapshot = await _looking.AskAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is TimeoutException || _services.GetService<IHeadHealth>()?.Explain(failure) is not null)
        {
            // What was known is not told for ever: the series end, and one says why.
            _snapshot = MetricsSnapshot.Unknown;
        }
    }

    public void Dispose()
    {
        _looking.Dispose();
        Scrapes.Dispose();
        _meter.Dispose();
    }

    private async Task<MetricsSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        var history = _services.GetRequiredService<IMonitorHistory>();
        var overview = await history.ReadOverviewAsync(cancellationToken);
        var channels = await history.ReadChannelsAsync(cancellationToken);
        var queues = _services.GetService<IQueueLengths>() is { } lengths ? await lengths.ReadAsync(cancellationToken) : [];
        Choose(overview.Select(one => one.Registered));
        // One read at a time, and the next after it.
        _budgets ??= new ErrorBudgets(_services.GetRequiredService<UptimeReader>(), _measured.Series, _time);
        await _budgets.ReadAsync(overview, cancellationToken);
        return MetricsSnapshot.Of(overview, _budgets, channels, queues, _measured.Series, _time.GetUtcNow());
    }

    private void Choose(IEnumerable<RegisteredEndpoint> registered)
    {
        if (_measured.Series.Choose([.. registered.Where(one => one.Source is not EndpointSource.Archived).Select(one => one.Endpoint)]))
            _measured.ForgetEndpoints();
    }

    // The SDK reserves room for as many as it may hold.
    private int LimitOf(string instrument) => OtherSeries + _measured.Series.Limit * instrument switch
    {
        "mcpprobe.probe.phase.duration" or "mcpprobe.endpoint.verdict" => 6,
        "mcpprobe.session.looks" => 8,
        "mcpprobe.session.held" or "mcpprobe.session.life" or "mcpprobe.probe.duration" or "mcpprobe.probe.success" or "mcpprobe.catalog.drift" => 4,
        _ when instrument.StartsWith("mcpprobe.probe.", StringComparison.Ordinal) || instrument.StartsWith("mcpprobe.endpoint.", StringComparison.Ordinal)
            || instrument.StartsWith("mcpprobe.catalog.", StringComparison.Ordinal) || instrument.StartsWith("mcpprobe.session.", StringComparison.Ordinal) => 1,
        _ => 0,
    };
}
