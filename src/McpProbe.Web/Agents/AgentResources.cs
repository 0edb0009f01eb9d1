using System.ComponentModel;
using System.Text.Json;
using McpProbe.Monitoring;
using McpProbe.Web.Api;
using ModelContextProtocol.Server;

namespace McpProbe.Web.Agents;

/// <summary>Reports, for agents that attach context rather than call tools; as the tools give them.</summary>
[McpServerResourceType]
internal sealed class AgentResources(
    AgentCaller caller, IEndpointStore endpoints, IMonitorStore store, IMonitorHistory history, IncidentDesk incidents, McpProbe.Uptime.UptimeReader uptime, TimeProvider time)
{
    private readonly AgentTools _tools = new(caller, endpoints, store, history, incidents, uptime, time);

    [McpServerResource(UriTemplate = "mcpprobe://reports/status", Name = "status", Title = "How all watched servers are", MimeType = "application/json")]
    [Description("Counts by verdict, and the servers that are not well.")]
    public async Task<string> StatusAsync(SharedReads shared, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (watched, _) = await StatusApi.ReadVisibleAsync(history, shared, caller.Viewer, now, cancellationToken);
        var briefs = watched.Select(one => EndpointBrief.Of(one, now)).ToList();
        return JsonSerializer.Serialize(
            new StatusReport(
                EndpointBrief.Instant(now)!,
                briefs.CountBy(brief => brief.Verdict).ToDictionary(),
                [.. briefs.Where(brief => brief is { Verdict: "down" or "degraded" or "unknown" } or { OpenIncidents: > 0 }).Take(50)]),
            AgentTools.Json);
    }

    [McpServerResource(UriTemplate = "mcpprobe://reports/endpoints/{id}", Name = "endpoint", Title = "How one watched server is", MimeType = "application/json")]
    [Description("Verdict, last probe, drift, open incidents, and the uptime of 30 days.")]
    public async Task<string> EndpointAsync(string id, CancellationToken cancellationToken) => JsonSerializer.Serialize(
        new EndpointReport(await _tools.GetEndpointAsync(id, cancellationToken), await _tools.GetUptimeAsync(id, 30, cancellationToken)), AgentTools.Json);

    private sealed record StatusReport(string At, IReadOnlyDictionary<string, int> Counts, IReadOnlyList<EndpointBrief> NotWell);

    private sealed record EndpointReport(EndpointAnswer Status, UptimeAnswer Uptime);
}
