using System.ComponentModel;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using McpProbe.Alerts.Messages;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Text;
using McpProbe.Uptime;
using McpProbe.Web.Api;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace McpProbe.Web.Agents;

/// <summary>The tools of <see cref="McpRoute"/>. Each reads what the API reads, and answers less.</summary>
[McpServerToolType]
internal sealed class AgentTools(
    AgentCaller caller, IEndpointStore endpoints, IMonitorStore store, IMonitorHistory history, IncidentDesk incidents, UptimeReader uptime, TimeProvider time)
{
    internal static readonly JsonSerializerOptions Json = new(McpJsonUtilities.DefaultOptions)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        // What the schema names is there, null or not.
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private const int DefaultLimit = 20;
    private const int MostItems = 100;
    private const int MostLookedAt = 5000;

    [McpServerTool(Name = "list_endpoints", Title = "List watched MCP servers", ReadOnly = true, Idempotent = true, OpenWorld = false, Destructive = false, UseStructuredContent = true)]
    [Description("Lists the MCP servers that McpProbe watches, by id, each with its verdict. Filter by verdict or group; answers come in pages.")]
    public async Task<EndpointPage> ListEndpointsAsync(
        [Description("Only those: healthy, degraded, gated, down, unknown or paused.")] string? verdict = null,
        [Description("Only those of this group.")] string? group = null,
        [Description("'next' of the page before.")] string? cursor = null,
        [Description("At most so many, up to 100.")] int limit = DefaultLimit,
        CancellationToken cancellationToken = default)
    {
        CheckLimit(limit);
        if (verdict is not (null or "paused") && !WireNames.TryParse<Verdict>(verdict, out _))
            throw new McpException("verdict must be healthy, degraded, gated, down, unknown or paused.");
        if (cursor is not null && !IdRules.IsId(cursor))
            throw new McpException("cursor must be 'next' of the page before.");
        var now = time.GetUtcNow();
        var found = new List<EndpointBrief>();
        for (var lookedAt = 0; lookedAt < MostLookedAt;)
        {
            var some = await history.ReadEndpointsAsync(cursor, 200, cancellationToken);
            foreach (var one in some)
            {
                if (found.Count == limit)
                    return new EndpointPage(found, cursor);
                cursor = one.Registered.Endpoint.Id;
                if (one.Registered.Source is EndpointSource.Archived || !caller.Viewer.Sees(one.Registered.Endpoint))
                    continue;
                var brief = EndpointBrief.Of(Freshness.AsOf(one, now), now);
                if ((verdict is null || brief.Verdict == verdict) && (group is null || one.Registered.Endpoint.Group == group))
                    found.Add(brief);
            }

            if (some.Count < 200)
                return new EndpointPage(found, null);
            lookedAt += some.Count;
        }

        return new EndpointPage(found, cursor);
    }

    [McpServerTool(Name = "get_endpoint", Title = "How one server is", ReadOnly = true, Idempotent = true, OpenWorld = false, Destructive = false, UseStructuredContent = true)]
    [Description("Tells how one watched server is: verdict, last probe, what failed, drift of its tools, open incidents.")]
    public async Task<EndpointAnswer> GetEndpointAsync([Description("The endpoint's id, from list_endpoints.")] string id, CancellationToken cancellationToken = default)
    {
        var one = await FindAsync(id, cancellationToken);
        var (state, endpoint) = (one.State, one.Registered.Endpoint);
        var target = ForeignText.Brief(caller.Viewer.SeesEverything ? endpoint.Target : endpoint.PublicTarget);
        return new EndpointAnswer(
            EndpointBrief.Of(one, time.GetUtcNow()),
            endpoint.IsStrangers ? null : target,
            endpoint.IsStrangers ? Foreign.Of(target) : null,
            one.Last is { Result: var result } ? ProbeBrief.Of(result) : null,
            state.Drifted is { } drifted ? WireNames.Of(drifted.Class ?? ChangeClass.Unknown) : null,
            [.. state.OpenIncidents.Select(IncidentBrief.Of)]);
    }

    [McpServerTool(Name = "check_server", Title = "Probe a server now", ReadOnly = true, Idempotent = true, OpenWorld = true, Destructive = false, UseStructuredContent = true)]
    [Description("Probes one server now, as a client would use it, and records nothing: a watched one by id, or any by its URL. Needs the administrator's key.")]
    public async Task<ProbeBrief> CheckServerAsync(
        McpProber prober, OnDemandProber onDemand, OnDemandLimits limits, ApiDefinitions rules, WebOptions options,
        [Description("A watched endpoint's id; or give url.")] string? id = null,
        [Description("The address of an MCP server; or give id.")] string? url = null,
        CancellationToken cancellationToken = default)
    {
        if (!caller.Viewer.MayChange)
            throw new McpException("A probe makes McpProbe connect, and may use an endpoint's credentials: that is for administrators. Ask with the administrator's key, or use get_endpoint for the last probe.");
        if (id is null == url is null)
            throw new McpException("Give the id of a watched endpoint, or a url: one of them.");
        var (chosen, endpoint) = id is not null
            ? (prober, await WatchedAsync(id, options, cancellationToken))
            : (onDemand.Prober, Unwatched(url!, rules, options));
        var (place, refusal) = limits.Enter(caller.Context);
        if (refusal is not null)
            throw new McpException(OnDemandLimits.TooMany);
        using (place)
            return ProbeBrief.Of(await chosen.ProbeAsync(endpoint, cancellationToken));
    }

    [McpServerTool(Name = "list_incidents", Title = "List incidents", ReadOnly = true, Idempotent = true, OpenWorld = false, Destructive = false, UseStructuredContent = true)]
    [Description("Lists incidents of the watched servers, newest first: outages, drift of tools, suspicious text, certificates and others.")]
    public async Task<IncidentPage> ListIncidentsAsync(
        [Description("open or resolved; both when it is left out.")] string? state = null,
        [Description("Only those of this endpoint.")] string? endpoint = null,
        [Description("'next' of the page before.")] string? cursor = null,
        [Description("At most so many, up to 100.")] int limit = DefaultLimit,
        CancellationToken cancellationToken = default)
    {
        CheckLimit(limit);
        if (state is not (null or "open" or "resolved"))
            throw new McpException("state must be open or resolved.");
        if (endpoint is not null)
            await FindAsync(endpoint, cancellationToken);
        var (page, next) = await Paging.NewestFirstAsync(
            async count => (IReadOnlyList<Incident>)[.. (await history.ReadIncidentsAsync(endpoint, before: null, state is null ? count : Math.Max(count, MostLookedAt), cancellationToken))
                .Where(one => (state is null || state == "open" == one.ResolvedAt is null)).Take(count)],
            incident => incident.OpenedAt, Instant(cursor), limit);
        return new IncidentPage([.. page.Select(IncidentBrief.Of)], next);
    }

    [McpServerTool(Name = "get_drift", Title = "What changed in a server's tools", ReadOnly = true, Idempotent = true, OpenWorld = false, Destructive = false, UseStructuredContent = true)]
    [Description("Tells how a server's tools changed, newest first, each change with its class: breaking, unknown, warning or info.")]
    public async Task<DriftPage> GetDriftAsync(
        [Description("The endpoint's id.")] string id,
        [Description("'next' of the page before.")] string? cursor = null,
        [Description("At most so many, up to 100.")] int limit = 5,
        CancellationToken cancellationToken = default)
    {
        CheckLimit(limit);
        await FindAsync(id, cancellationToken);
        var (page, next) = await Paging.NewestFirstAsync(count => history.ReadDriftAsync(id, count, cancellationToken), record => record.At, Instant(cursor), limit);
        return new DriftPage([.. page.Select(DriftBrief.Of)], next);
    }

    [McpServerTool(Name = "get_uptime", Title = "A server's uptime", ReadOnly = true, Idempotent = true, OpenWorld = false, Destructive = false, UseStructuredContent = true)]
    [Description("Tells a server's uptime over the last 1, 7, 30 or 90 days, how much of the time was looked at, and how quick its handshake was.")]
    public async Task<UptimeAnswer> GetUptimeAsync(
        [Description("The endpoint's id.")] string id,
        [Description("1, 7, 30 or 90.")] int days = 30,
        CancellationToken cancellationToken = default)
    {
        UptimeRange range = days switch
        {
            1 => UptimeRange.Day,
            7 => UptimeRange.Week,
            30 => UptimeRange.Month,
            90 => UptimeRange.Quarter,
            _ => throw new McpException("days must be 1, 7, 30 or 90."),
        };
        var one = await FindAsync(id, cancellationToken);
        var summary = (await uptime.ReadAsync([one], cancellationToken))[id];
        var span = summary.Of(range);
        return new UptimeAnswer(
            id, days, Rounded(span.Uptime), Rounded(span.Coverage), span.Up, span.Degraded, span.Down, span.Unknown, span.Maintenance, summary.P95Ms);
    }

    [McpServerTool(Name = "explain_incident", Title = "What an incident is about", ReadOnly = true, Idempotent = true, OpenWorld = false, Destructive = false, UseStructuredContent = true)]
    [Description("Explains one incident: what happened, what to do next, what changed, who has it, and whether people were told.")]
    public async Task<IncidentExplanation> ExplainIncidentAsync([Description("The incident's id, from list_incidents.")] string id, CancellationToken cancellationToken = default)
    {
        if (await incidents.FindAsync(id, cancellationToken) is not { } incident || !await SeesAsync(incident, cancellationToken))
            throw new McpException("There is no such incident, or it is not kept any more. list_incidents lists those there are.");
        var now = time.GetUtcNow();
        return new IncidentExplanation(
            IncidentBrief.Of(incident),
            Foreign.Of((incident.Opening?.Failure ?? incident.Failure)?.Message),
            Foreign.Of(incident.Failure?.Message),
            IncidentAdvice.For(incident),
            incident.OpeningRule,
            incident.Severity is { } severity ? WireNames.Of(severity) : null,
            Math.Round(((incident.ResolvedAt ?? now) - incident.Since).TotalSeconds),
            [.. (incident.Changes ?? []).Select(ChangeBrief.Of)],
            [.. (incident.Findings ?? []).Select(finding => Foreign.Of($"{finding.Rule}: {finding.Message}"))],
            incident.AcknowledgementAt(now)?.By is { } by ? ForeignText.OneLine(by, 100) : null,
            [.. (incident.Notes ?? []).TakeLast(10).Select(note => Foreign.Of($"{UtcInstant.Format(note.At)} {note.By}: {note.Text}"))],
            [.. (await history.ReadDeliveriesAsync(id, cancellationToken)).TakeLast(10).Select(delivery => $"{delivery.Channel}: {WireNames.Of(delivery.Status)}")]);
    }

    /// <summary>An endpoint that the caller may see, as it is known now.</summary>
    internal async Task<EndpointOverview> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (!IdRules.IsId(id) || await endpoints.FindEndpointAsync(id, cancellationToken) is not { } registered || !caller.Viewer.Sees(registered.Endpoint))
            throw new McpException($"There is no endpoint '{ForeignText.OneLine(id, 63)}' here. list_endpoints lists those there are.");
        var state = await store.ReadStateAsync(id, cancellationToken);
        var last = await history.ReadResultsAsync(id, after: null, limit: 1, cancellationToken);
        return Freshness.AsOf(new EndpointOverview(registered, state?.State ?? EndpointState.New, last is [var newest, ..] ? newest : null), time.GetUtcNow());
    }

    private async Task<Endpoint> WatchedAsync(string id, WebOptions options, CancellationToken cancellationToken)
    {
        var registered = (await FindAsync(id, cancellationToken)).Registered;
        if (registered.Unprobed is { } why)
            throw new McpException(why.Message);
        return registered.Endpoint.Timeout > options.LongestTimeout
            ? throw new McpException("The endpoint's timeout is longer than a probe may take here.")
            : registered.Endpoint;
    }

    private static Endpoint Unwatched(string url, ApiDefinitions rules, WebOptions options)
    {
        if (options.CheckUrls == CheckUrls.None)
            throw new McpException("Here only watched endpoints are checked: give an id.");
        var (endpoint, mistakes) = EndpointJson.Read(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["url"] = url }), "on-demand", longestTimeout: options.LongestTimeout);
        var wrong = endpoint is null ? mistakes : [.. CheckApi.Refusals(endpoint, rules)];
        return wrong.Count > 0
            ? throw new McpException(string.Join(' ', wrong.Select(mistake => $"{mistake.Path}: {mistake.Message}")))
            : endpoint!;
    }

    private async Task<bool> SeesAsync(Incident incident, CancellationToken cancellationToken) =>
        caller.Viewer.SeesEverything || (await endpoints.FindEndpointAsync(incident.EndpointId, cancellationToken) is { } of && caller.Viewer.Sees(of.Endpoint));

    private static void CheckLimit(int limit)
    {
        if (limit is < 1 or > MostItems)
            throw new McpException($"limit must be from 1 to {MostItems.ToString(CultureInfo.InvariantCulture)}.");
    }

    private static DateTimeOffset? Instant(string? cursor) => cursor is null ? null
        : Query.TryParseInstant(cursor, out var instant) ? instant
        : throw new McpException("cursor must be 'next' of the page before.");

    // Rounded down: what failed once is never all of it.
    private static double? Rounded(double? share) => share is { } part ? Math.Floor(part * 100_000) / 100_000 : null;
}
