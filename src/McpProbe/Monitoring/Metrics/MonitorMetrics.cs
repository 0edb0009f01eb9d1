using System.Diagnostics;
using System.Diagnostics.Metrics;
using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Monitoring.Metrics;

/// <summary>
/// What the prober measures of itself and of its probes, under the same names on both heads (docs/metrics.md). Nothing is recorded for
/// which nobody listens.
/// </summary>
public sealed class MonitorMetrics : IDisposable
{
    /// <summary>Every meter of McpProbe has this name, or one that begins with it and a dot.</summary>
    public const string MeterName = "McpProbe";

    /// <summary>The meter of what is measured by endpoint; another one of this name takes its place when endpoints leave.</summary>
    public const string ProbesMeterName = "McpProbe.Probes";

    private static readonly InstrumentAdvice<double> OfProbes = new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };
    private static readonly InstrumentAdvice<double> OfLag = new() { HistogramBucketBoundaries = [0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300] };
    private static readonly InstrumentAdvice<double> OfSessions = new() { HistogramBucketBoundaries = [60, 300, 900, 1800, 3600, 14_400, 43_200, 86_400, 259_200, 604_800, 2_592_000] };
    private static readonly InstrumentAdvice<double> OfStore = new() { HistogramBucketBoundaries = [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5] };

    private readonly Meter _meter;
    private readonly KeyValuePair<string, object?>? _instance;
    private readonly Histogram<double> _lag;
    private readonly Counter<long> _met;
    private readonly Counter<long> _missed;
    private readonly Counter<long> _overloaded;
    private readonly UpDownCounter<long> _inFlight;
    private readonly Histogram<double> _store;
    private Probes _probes;

    /// <param name="instance">Tells processes of one head apart that are scraped under one address; null where there is one only.</param>
    public MonitorMetrics(OwnSeries series, string? instance = null)
    {
        // The scope tells the meters of two heads in one process apart.
        Series = series;
        _meter = new Meter(new MeterOptions(MeterName) { Scope = series });
        _probes = new Probes(series);
        _instance = instance is null ? null : new("prober", instance);
        AlertMetrics.Instance = _instance;
        _lag = _meter.CreateHistogram("mcpprobe.schedule.start_lag", "s", "From the slot to the start of its probe.", advice: OfLag);
        _met = _meter.CreateCounter<long>("mcpprobe.slots.met", "{slot}", "Slots that were probed and recorded.");
        _missed = _meter.CreateCounter<long>("mcpprobe.slots.missed", "{slot}", "Slots that were not probed, by reason: late, poison or unreadable.");
        _overloaded = _meter.CreateCounter<long>(
            "mcpprobe.probes.overloaded", "{probe}", "Probes during which this process itself stood still, so that they say nothing of the server's failures and times.");
        _inFlight = _meter.CreateUpDownCounter<long>("mcpprobe.probes.in_flight", "{probe}", "Probes that are under way.");
        _store = _meter.CreateHistogram("mcpprobe.store.duration", "s", "How long the store took, by operation: read or commit.", advice: OfStore);
    }

    /// <summary>The meter of what this prober measures of itself.</summary>
    internal Meter Own => _meter;

    /// <summary>Which endpoints have series of their own.</summary>
    public OwnSeries Series { get; }

    /// <param name="lag">From the slot, or from when the endpoint appeared after it.</param>
    public void Started(TimeSpan lag, string location) => _lag.Record(Math.Max(0, lag.TotalSeconds), Tags(location));

    /// <param name="reason"><c>late</c>: the next slot was due; <c>poison</c>, <c>unreadable</c>: its queue message was given up.</param>
    public void Missed(string location, string reason, long slots = 1)
    {
        if (slots <= 0)
            return;
        var tags = Tags(location);
        tags.Add("reason", reason);
        _missed.Add(slots, tags);
    }

    /// <inheritdoc cref="Prober.OverloadGuard"/>
    public void Overloaded(string location) => _overloaded.Add(1, Tags(location));

    internal void Begun(string location) => _inFlight.Add(1, Tags(location));

    internal void Ended(string location, CycleOutcome? outcome)
    {
        _inFlight.Add(-1, Tags(location));
        if (outcome is CycleOutcome.Recorded)
            _met.Add(1, Tags(location));
        else if (outcome is CycleOutcome.Gap)
            Missed(location, "late");
    }

    /// <param name="operation"><c>read</c> or <c>commit</c>.</param>
    internal void Stored(string operation, TimeSpan took)
    {
        if (!_store.Enabled)
            return;
        var tags = new TagList { { "operation", operation } };
        if (_instance is { } instance)
            tags.Add(instance);
        _store.Record(took.TotalSeconds, tags);
    }

    /// <summary>How long a probe took. One that says nothing of its server, or only of the prober's own start, is left out.</summary>
    internal void Probed(Endpoint endpoint, string location, ProbeResult result)
    {
        var probes = Volatile.Read(ref _probes);
        if (!probes.Whole.Enabled || result.Cold || result.Verdict is Verdict.Unknown)
            return;
        var tags = Tags(location);
        Series.Label(endpoint, ref tags);
        probes.Whole.Record(result.Timings.TotalMs / 1000, tags);
        var (dns, connect, tls, handshake, catalog, smoke, _) = result.Timings;
        var phase = tags.Count;
        Record(Phase.Dns, dns);
        Record(Phase.Connect, connect);
        Record(Phase.Tls, tls);
        Record(Phase.Handshake, handshake);
        Record(Phase.Catalog, catalog);
        Record(Phase.Smoke, smoke);

        void Record(Phase which, double? milliseconds)
        {
            if (milliseconds is not { } took)
                return;
            if (tags.Count == phase)
                tags.Add("phase", WireNames.Of(which));
            else
                tags[phase] = new("phase", WireNames.Of(which));
            probes.Phases.Record(took / 1000, tags);
        }
    }

    /// <summary>What a look at a session came to, and how long one lived that ended. Our own doings are left out.</summary>
    /// <param name="before">What was known of the endpoint's sessions before the look, and <paramref name="after"/> what is known since.</param>
    internal void Looked(Endpoint endpoint, string location, SessionLook look, SessionHistory? before, SessionHistory? after)
    {
        var probes = Volatile.Read(ref _probes);
        var ended = after is { Ended: [.., var last] } && !ReferenceEquals(last, before is { Ended: [.., var former] } ? former : null) ? last : null;
        if (!probes.Looks.Enabled || OutcomeOf(look, ended) is not { } outcome)
            return;
        var tags = Tags(location);
        Series.Label(endpoint, ref tags);
        if (ended is not null)
            probes.Lives.Record(ended.Life.TotalSeconds, tags);
        tags.Add("outcome", outcome);
        probes.Looks.Add(1, tags);
    }

    /// <summary>
    /// Forgets what was measured by endpoint, because some of them have no series of their own any more: a series that nothing is
    /// added to would stand for ever. Counts begin anew, as after a restart.
    /// </summary>
    public void ForgetEndpoints() => Interlocked.Exchange(ref _probes, new Probes(Series)).Dispose();

    public void Dispose()
    {
        _probes.Dispose();
        _meter.Dispose();
    }

    private static string? OutcomeOf(SessionLook look, EndedSession? ended) => ended is not null ? WireNames.Of(ended.End) : look.Answer switch
    {
        SessionAnswer.Opened => "opened",
        SessionAnswer.Survived => "survived",
        SessionAnswer.Doubtful or SessionAnswer.Silent => "in-doubt",
        SessionAnswer.Untold => "untold",
        _ => null,
    };

    private TagList Tags(string location)
    {
        var tags = new TagList { { "location", location } };
        if (_instance is { } instance)
            tags.Add(instance);
        return tags;
    }

    private sealed class Probes : IDisposable
    {
        private readonly Meter _meter;

        public Probes(OwnSeries series)
        {
            _meter = new Meter(new MeterOptions(ProbesMeterName) { Scope = series });
            Whole = _meter.CreateHistogram("mcpprobe.probe.duration", "s", "How long probes took as a whole.", advice: OfProbes);
            Looks = _meter.CreateCounter<long>(
                "mcpprobe.session.looks", "{look}", "Looks of canaries at their sessions, by outcome: opened, survived, in-doubt, untold; proper, wrong-error, hang, dropped.");
            Lives = _meter.CreateHistogram("mcpprobe.session.life", "s", "How long the sessions lived that ended.", advice: OfSessions);
            Phases = _meter.CreateHistogram("mcpprobe.probe.phase.duration", "s", "How long each phase of probes took.", advice: OfProbes);
        }

        public Histogram<double> Whole { get; }

        public Histogram<double> Phases { get; }

        public Counter<long> Looks { get; }

        public Histogram<double> Lives { get; }

        public void Dispose() => _meter.Dispose();
    }
}
