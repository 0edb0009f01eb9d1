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

            // Those with one catalogue are instances of one server: it is read, held and compared once, under the name of the first.
            var catalogs = members.GroupBy(member => member.Hash).ToList();
            var (tools, gists) = (new List<EndpointTools>(), new Dictionary<string, ToolGists>());
            foreach (var same in catalogs)
            {
                if (await store.ReadCatalogAsync(same.Key, cancellationToken) is not { } canonical)
                    continue;
                tools.Add(new EndpointTools(same.First().Endpoint.Id, ToolShadowing.NamesIn(canonical)));
                gists.Add(same.Key, NearDuplicates.GistsOf(same.First().Endpoint.Id, canonical));
            }

            var (names, alike) = (ToolShadowing.Index(tools), NearDuplicates.Index(gists.Values));
            // The contents are read again, one at a time: those of a large group together would take the machine's memory.
            foreach (var same in catalogs)
            {
                if (!gists.TryGetValue(same.Key, out var own) || await store.ReadCatalogAsync(same.Key, cancellationToken) is not { } canonical)
                    continue;
                IReadOnlyList<Finding> findings = [.. ToolShadowing.FindIn(own.Endpoint, canonical, names).Take(MostFindings)];
                IReadOnlyList<Finding> near = [.. NearDuplicates.FindIn(own, alike).Take(MostFindings)];
                foreach (var member in same.Where(member => findings.Count + near.Count > 0 || member.HasShadowing))
                {
                    var compared = new ToolsCompared(time.GetUtcNow(), same.Key, findings, near);
                    await judge.JudgeAsync(member.Endpoint, _ => compared, delete: false, cancellationToken);
                    changed++;
                }
            }
        }

        return changed;
    }

    private async Task<Member?> ReadAsync(Endpoint endpoint, CancellationToken cancellationToken) =>
        await store.ReadStateAsync(endpoint.Id, cancellationToken) is { State: { Baseline: { } baseline } state }
            ? new Member(endpoint, state.Drifted?.Hash ?? baseline.Reference.Hash, state.Shadowing is not null)
            : null;

    private sealed record Member(Endpoint Endpoint, string Hash, bool HasShadowing);
}
