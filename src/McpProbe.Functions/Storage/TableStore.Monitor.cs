using Azure.Data.Tables;
using McpProbe.Monitoring;
using McpProbe.Probing;

namespace McpProbe.Functions.Storage;

public sealed partial class TableStore
{
    public Task<ProbeResult?> FindResultAsync(
        string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken) =>
        _results.FindAsync(endpointId, slot, location, cancellationToken);

    public Task<ReadOnlyMemory<byte>?> ReadCatalogAsync(string hash, CancellationToken cancellationToken) =>
        _catalogs.ReadAsync(hash, cancellationToken);

    public Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken) =>
        CommitAsync(change, mustLookForState: true, cancellationToken);

    /// <param name="mustLookForState">False when the caller knows from a read just now that the endpoint exists.</param>
    internal async Task<CommitOutcome> CommitAsync(StateChange change, bool mustLookForState, CancellationToken cancellationToken)
    {
        // Only what was judged from the state depends on it; a result stands for itself.
        var judged = change.After is not null || change.DeleteEndpoint || change.Transitions.Count > 0;
        if (judged || mustLookForState)
        {
            // Not the guard (that is the ETag at the commit point), but what keeps a lost race from leaving rows behind.
            var version = await ReadVersionAsync(change.EndpointId, cancellationToken);
            if (version is null)
                return await GoneAsync(change, cancellationToken);
            if (judged && version != change.Before.Version)
                return CommitOutcome.Conflict;
        }

        if (change.Catalog is { } catalog)
            await _catalogs.WriteAsync(catalog, cancellationToken);
        if (change.Record is { } record
            && await _results.InsertAsync(change.EndpointId, record, cancellationToken) is { } other)
        {
            return CommitOutcome.ResultExists(other);
        }

        await WriteHistoryAsync(change, cancellationToken);
        if (!judged)
            return CommitOutcome.Committed;

        var status = await CommitStateAsync(change, cancellationToken);
        if (status is CommitStatus.Gone)
            return await GoneAsync(change, cancellationToken);
        if (change.DeleteEndpoint && status is CommitStatus.Committed)
            await RemoveDefinitionAsync(change.EndpointId, cancellationToken);
        return new CommitOutcome(status);
    }

    // A deletion that finds the state gone finishes another one, or its own whose answer got lost.
    private async Task<CommitOutcome> GoneAsync(StateChange change, CancellationToken cancellationToken)
    {
        if (change.DeleteEndpoint)
            await RemoveDefinitionAsync(change.EndpointId, cancellationToken);
        return CommitOutcome.Gone;
    }

    private async Task WriteHistoryAsync(StateChange change, CancellationToken cancellationToken)
    {
        foreach (var incident in change.Incidents)
        {
            foreach (var partition in new[] { incident.EndpointId, Keys.AllIncidents })
            {
                var row = await _payload.WriteAsync(
                    new TableEntity(partition, Keys.Incident(incident)),
                    Keys.Incidents, incident, EngineJson.Default.Incident, cancellationToken);
                await _incidents.UpsertEntityAsync(EntityLimits.Checked(row), TableUpdateMode.Replace, cancellationToken);
            }
        }

        if (change.Drift is { } drift)
        {
            var row = await _payload.WriteAsync(
                new TableEntity(change.EndpointId, Keys.DriftRow(drift.At, drift.ProtocolVersion))
                {
                    [BeforeHash] = drift.BeforeHash,
                    [AfterHash] = drift.AfterHash,
                },
                Keys.Drift, drift, EngineJson.Default.DriftRecord, cancellationToken);
            await _drift.UpsertEntityAsync(EntityLimits.Checked(row), TableUpdateMode.Replace, cancellationToken);
        }
    }
}
