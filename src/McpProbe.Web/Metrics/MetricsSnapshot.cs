using System.Diagnostics.Metrics;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Metrics;
using McpProbe.Text;

namespace McpProbe.Web.Metrics;

/// <summary>A value that is read, not counted: its name and unit as OpenTelemetry has them, and what it tells.</summary>
/// <param name="Unit">Null for none; in braces what is counted.</param>
internal sealed record Gauge(string Name, string? Unit, string Description);

/// <summary>
/// What the store says of the endpoints at one moment, as measurements. An endpoint that is gone is in none of them, so its series
/// end with it.
/// </summary>
internal sealed class MetricsSnapshot
{
    private const string Paused = "paused";

    internal static readonly Gauge StoreUp = new("mcpprobe.store.up", null, "1 when the store could be read for this answer; 0 when nothing is known of the endpoints.");
    internal static readonly Gauge Endpoints = new("mcpprobe.endpoints", "{endpoint}", "Endpoints by verdict; a paused one counts as paused only.");
    internal static readonly Gauge IncidentsOpen = new("mcpprobe.incidents.open", "{incident}", "Open incidents by kind.");
    internal static readonly Gauge WithoutSeries = new("mcpprobe.metrics.endpoints.left_out", "{endpoint}", "Endpoints that have no metrics of their own, because there are too many or they do not want any.");
    internal static readonly Gauge Success = new("mcpprobe.probe.success", null, "1 when the newest probe found a server that an agent can work with, 0 when it is down. None while it asks for credentials, or nobody knows.");
    internal static readonly Gauge VerdictIs = new("mcpprobe.endpoint.verdict", null, "1 for the verdict that stands, 0 for the others.");
    internal static readonly Gauge LastProbe = new("mcpprobe.probe.last_timestamp", "s", "When the newest probe was due, in seconds since 1970.");
    internal static readonly Gauge CertificateExpiry = new("mcpprobe.probe.ssl.earliest_cert_expiry", null, "When the first certificate of the chain ends, in seconds since 1970.");
    internal static readonly Gauge Tools = new("mcpprobe.catalog.tools", "{tool}", "Tools in the catalogue.");
    internal static readonly Gauge Tokens = new("mcpprobe.catalog.tokens", "{token}", "Tokens that a model reads of the tools, counted with the encoding o200k_base.");
    internal static readonly Gauge LastChange = new("mcpprobe.catalog.last_change_timestamp", "s", "Since when the catalogue is as it is now, in seconds since 1970.");
    internal static readonly Gauge Drift = new("mcpprobe.catalog.drift", null, "1 when the catalogue differs from its baseline and the worst change is of this class.");
    internal static readonly Gauge Objective = new("mcpprobe.endpoint.objective_ratio", null, "The share of probes that is to be up, where an objective is set.");
    internal static readonly Gauge BudgetLeft = new("mcpprobe.endpoint.error_budget_left_ratio", null, "What is left of the error budget of the last 30 days: 1 all of it, 0 none, below 0 more is spent than there was.");
    internal static readonly Gauge SessionHeld = new("mcpprobe.session.held", null, "1 while the endpoint's canary holds a session or a stream, 0 while it has none.");
    internal static readonly Gauge SessionSurvival = new("mcpprobe.session.survival_ratio", null, "The share of the canary's last sessions that were not cut.");
    internal static readonly Gauge SessionsCut = new("mcpprobe.session.cut_in_a_row", "{session}", "Sessions of the canary that the server cut in a row.");
    internal static readonly Gauge InMaintenance = new("mcpprobe.endpoint.maintenance", null, "1 while the endpoint is in maintenance, so that nobody is alerted.");
    internal static readonly Gauge IncidentsOfEndpoint = new("mcpprobe.endpoint.incidents.open", "{incident}", "Open incidents of the endpoint.");
    internal static readonly Gauge Waiting = new("mcpprobe.deliveries.waiting", "{delivery}", "Alerts that are on their way to a channel.");
    internal static readonly Gauge ChannelDisabled = new("mcpprobe.channel.disabled", null, "1 while a channel is disabled because its receiver is gone.");
    internal static readonly Gauge Queue = new("mcpprobe.queue.length", "{message}", "Messages in the queue of a location.");

    internal static readonly IReadOnlyList<Gauge> All =
    [
        StoreUp, Endpoints, IncidentsOpen, WithoutSeries, Success, VerdictIs, LastProbe, CertificateExpiry, Tools, Tokens, LastChange, Drift,
        Objective, BudgetLeft, SessionHeld, SessionSurvival, SessionsCut, InMaintenance, IncidentsOfEndpoint, Waiting, ChannelDisabled, Queue,
    ];

    private static readonly string[] Verdicts = [.. Enum.GetValues<Verdict>().Select(WireNames.Of), Paused];
    private static readonly ChangeClass[] Classes = Enum.GetValues<ChangeClass>();
    private static readonly IncidentKind[] Kinds = Enum.GetValues<IncidentKind>();

    private readonly Dictionary<Gauge, List<Measurement<double>>> _measured = All.ToDictionary(gauge => gauge, _ => new List<Measurement<double>>());

    /// <summary>Nothing is known: the store cannot be read.</summary>
    internal static MetricsSnapshot Unknown { get; } = Of(0);

    internal IReadOnlyList<Measurement<double>> Measured(Gauge gauge) => _measured[gauge];

    /// <param name="overview">Every endpoint.</param>
    /// <param name="budgets">Of those that are chosen.</param>
    /// <param name="series">Has chosen from them.</param>
    internal static MetricsSnapshot Of(
        IReadOnlyList<EndpointOverview> overview, ErrorBudgets budgets, IReadOnlyList<ChannelStatus> channels, IReadOnlyList<QueueLength> queues, OwnSeries series, DateTimeOffset now)
    {
        var snapshot = Of(1);
        var verdicts = new Dictionary<(string Group, string Verdict), int>();
        var incidents = new Dictionary<(string Group, IncidentKind Kind), int>();
        var leftOut = 0;
        foreach (var one in overview.Where(one => one.Registered.Source is not EndpointSource.Archived))
        {
            var known = Freshness.AsOf(one, now);
            var group = series.GroupOf(one.Registered.Endpoint);
            foreach (var verdict in Verdicts)
                Count(verdicts, (group, verdict), verdict == VerdictOf(known) ? 1 : 0);
            foreach (var kind in Kinds)
                Count(incidents, (group, kind), known.State.OpenIncidents.Count(incident => incident.Kind == kind));
            if (series.Has(one.Registered.Endpoint))
                snapshot.Add(known, budgets, group, now);
            else
                leftOut++;
        }

        foreach (var ((group, verdict), count) in verdicts)
            snapshot.Add(Endpoints, count, new("group", group), new("verdict", verdict));
        foreach (var ((group, kind), count) in incidents)
            snapshot.Add(IncidentsOpen, count, new("group", group), new("kind", WireNames.Of(kind)));
        snapshot.Add(WithoutSeries, leftOut);
        foreach (var channel in channels)
        {
            snapshot.Add(Waiting, channel.Waiting, new KeyValuePair<string, object?>("channel", channel.Name));
            snapshot.Add(ChannelDisabled, channel.State.Disabled is null ? 0 : 1, new KeyValuePair<string, object?>("channel", channel.Name));
        }

        foreach (var queue in queues)
            snapshot.Add(Queue, queue.Messages, new KeyValuePair<string, object?>("location", queue.Location));
        return snapshot;
    }

    private static MetricsSnapshot Of(int up)
    {
        var snapshot = new MetricsSnapshot();
        snapshot.Add(StoreUp, up);
        return snapshot;
    }

    private static string VerdictOf(EndpointOverview one) => one.Registered.Endpoint.Paused ? Paused : WireNames.Of(one.State.Verdict);

    private void Add(EndpointOverview one, ErrorBudgets budgets, string group, DateTimeOffset now)
    {
        var (registered, state, last) = one;
        var endpoint = registered.Endpoint;
        KeyValuePair<string, object?> id = new("endpoint", endpoint.Id), inGroup = new("group", group);
        var standing = VerdictOf(one);
        foreach (var verdict in Verdicts)
            Add(VerdictIs, verdict == standing ? 1 : 0, id, inGroup, new("verdict", verdict));
        Add(InMaintenance, MaintenanceCalendar.Covers(endpoint, state, now) ? 1 : 0, id, inGroup);
        Add(IncidentsOfEndpoint, state.OpenIncidents.Count, id, inGroup);
        if (endpoint.Slo is { } objective)
        {
            Add(Objective, objective / 100, id, inGroup);
            if (budgets.LeftOf(registered) is { } left)
                Add(BudgetLeft, left, id, inGroup);
        }

        if (endpoint.Canary && state.Sessions is { } sessions)
        {
            if (sessions.SurvivalRate is { } rate)
                Add(SessionSurvival, rate, id, inGroup);
            Add(SessionsCut, sessions.Cut, id, inGroup);
        }

        if (!endpoint.Paused)
        {
            foreach (var (location, seen) in state.Locations)
            {
                // Where nothing can be held, nothing is missing.
                if (endpoint.Canary && !one.Stale && state.Sessions is { Without: null } canary)
                    Add(SessionHeld, canary.Held.ContainsKey(location) ? 1 : 0, id, inGroup, new("location", location));
                // One that says nothing of the server any more, and what is too old, is no success and no failure.
                var verdict = one.Stale ? Verdict.Unknown : seen.Verdict;
                if (verdict is Verdict.Healthy or Verdict.Degraded or Verdict.Down)
                    Add(Success, verdict is Verdict.Down ? 0 : 1, id, inGroup, new("location", location));
            }
        }

        if (state.Baseline is { Reference: var baseline })
        {
            Add(LastChange, Seconds(state.Drifted?.Slot ?? baseline.At), id, inGroup);
            var worst = state.Drifted is { } drifted ? drifted.Class ?? ChangeClass.Unknown : (ChangeClass?)null;
            foreach (var @class in Classes)
                Add(Drift, @class == worst ? 1 : 0, id, inGroup, new("class", WireNames.Of(@class)));
        }

        if (last is null)
            return;
        Add(LastProbe, Seconds(last.Slot), id, inGroup);
        if (last.Result.Catalog is { } catalog)
        {
            Add(Tools, catalog.Tools, id, inGroup);
            if (catalog.Tokens is { } tokens)
                Add(Tokens, tokens, id, inGroup);
        }

        if (last.Result.Certificate is { } certificate)
            Add(CertificateExpiry, Seconds(certificate.NotAfter), id, inGroup);
    }

    private void Add(Gauge gauge, double value, params ReadOnlySpan<KeyValuePair<string, object?>> tags) => _measured[gauge].Add(new(value, tags));

    private static void Count<TKey>(Dictionary<TKey, int> counts, TKey key, int count)
        where TKey : notnull => counts[key] = counts.GetValueOrDefault(key) + count;

    private static double Seconds(DateTimeOffset instant) => instant.ToUnixTimeMilliseconds() / 1000.0;
}
