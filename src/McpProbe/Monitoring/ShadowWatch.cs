using McpProbe.Alerts.Deliveries;
using McpProbe.Drift.Findings;
using McpProbe.Drift.Specification;
using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>
/// Each hour: does an endpoint's catalogue take the names of its group's other tools, tell the model how to use them, or say the same as they? Endpoints
/// of one group are taken for used together; one without a group is compared with nobody.
/// </summary>
public sealed class ShadowWatch(IEndpointStore endpoints, IMonitorStore store, TimeProvider time)
{
    /// <summary>As many as an alert shows; a state is read with every probe.</summary>
    private const int MostFindings = 5;

    /// <param name="outbox">As in <see cref="EndpointJudge"/>; the incident itself opens with the next probe.</param>
    /// <returns>How many endpoints have findings now that they had not, or the other way round.</returns>
    public async Task<int> RunAsync(IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        var judge = new EndpointJudge(store, outbox);
        var changed = 0;
        var groups = (await endpoints.ListEndpointsAsync(cancellationToken))
            .Where(each => each is { Mistakes: null, Endpoint: { Paused: false, Group: not null } })
            .GroupBy(each => each.Endpoint.Group)
            .Where(group => group.Skip(1).Any());
        foreach (var group in groups)
        {
            var members = new List<Member>();
            foreach (var registered in group)
            {
                if (await ReadAsync(registered.Endpoint, cancellationToken) is { } member)
                    members.Add(member);
            }

            var alike = NearDuplicates.Index(members.Select(member => member.Gists));
            // The contents are read again, one at a time: those of a large group together would take the machine's memory.
            foreach (var member in members)
            {
                if (await store.ReadCatalogAsync(member.Hash, cancellationToken) is not { } canonical)
                    continue;
                var others = members.Where(other => other != member).Select(other => other.Tools);
                var compared = new ToolsCompared(
                    time.GetUtcNow(), member.Hash, [.. ToolShadowing.FindIn(canonical, others).Take(MostFindings)], [.. NearDuplicates.FindIn(member.Gists, alike).Take(MostFindings)]);
                if (compared.Findings.Count + compared.Alike.Count == 0 && !member.HasShadowing)
                    continue;
                await judge.JudgeAsync(member.Endpoint, _ => compared, delete: false, cancellationToken);
                changed++;
            }
        }

        return changed;
    }

    private async Task<Member?> ReadAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        if (await store.ReadStateAsync(endpoint.Id, cancellationToken) is not { State: { Baseline: { } baseline } state })
            return null;
        var hash = state.Drifted?.Hash ?? baseline.Reference.Hash;
        return await store.ReadCatalogAsync(hash, cancellationToken) is { } canonical
            ? new Member(endpoint, hash, new EndpointTools(endpoint.Id, ToolShadowing.NamesIn(canonical)), NearDuplicates.GistsOf(endpoint.Id, canonical), state.Shadowing is not null)
            : null;
    }

    private sealed record Member(Endpoint Endpoint, string Hash, EndpointTools Tools, ToolGists Gists, bool HasShadowing);
}
