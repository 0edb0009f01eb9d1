using Azure;
using Azure.Data.Tables;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

public sealed partial class TableStore
{
    private const string SequenceProperty = "Sequence";

    public Task<ProbeResult?> FindResultAsync(
        string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken) =>
        _results.FindAsync(endpointId, slot, location, cancellationToken);

    public Task<ReadOnlyMemory<byte>?> ReadCatalogAsync(string hash, CancellationToken cancellationToken) =>
        _catalogs.ReadAsync(hash, cancellationToken);

    public async Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken)
    {
        var outcome = await CommitAsync(change, mustLookForState: true, cancellationToken);
        if (outcome.Status is not CommitStatus.Committed)
            return outcome;
        if (change.Record is { } record && !change.DeleteEndpoint)
            await WriteLatestAsync(change.EndpointId, record, cancellationToken);
        await MarkChangedAsync(change.EndpointId, cancellationToken);
        return outcome;
    }

    /// <param name="mustLookForState">False when the caller knows from a read just now that the endpoint exists.</param>
    internal async Task<CommitOutcome> CommitAsync(StateChange change, bool mustLookForState, CancellationToken cancellationToken)
    {
        // Only what was judged from the state depends on it; a result stands for itself.
        var judged = change.After is not null || change.DeleteEndpoint || change.Transitions.Count > 0 || change.Drift is not null;
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

        if (!judged)
            return CommitOutcome.Committed;

        if (change.DeleteEndpoint)
            await KeepGenerationAsync(change.Before.State.Generation, cancellationToken);
        var status = await CommitStateAsync(change, cancellationToken);
        if (status is CommitStatus.Gone)
            return await GoneAsync(change, cancellationToken);
        if (status is CommitStatus.Committed)
        {
            // Not before: an incident whose state is never committed, because another slot was judged first, would be shown as
            // open for ever, and a drift would stand in the history that never was. What a crash leaves out here is written when
            // the transition is cleared, and by the next sweep.
            foreach (var incident in change.Incidents)
                await WriteIncidentAsync(incident, incident.Version, cancellationToken);
            if (change.Drift is { } drift)
                await SettleDriftAsync(drift, cancellationToken);
        }

        if (change.DeleteEndpoint && status is CommitStatus.Committed)
        {
            await RemoveDefinitionAsync(change.EndpointId, cancellationToken);
            await RemoveLatestAsync(change.EndpointId, cancellationToken);
        }

        return new CommitOutcome(status);
    }

    // A deletion that finds the state gone finishes another one, or its own whose answer got lost.
    private async Task<CommitOutcome> GoneAsync(StateChange change, CancellationToken cancellationToken)
    {
        if (change.DeleteEndpoint)
            await RemoveDefinitionAsync(change.EndpointId, cancellationToken);
        return CommitOutcome.Gone;
    }

    public async Task<StoredIncident?> FindIncidentAsync(string id, CancellationToken cancellationToken)
    {
        if (IncidentIds.Read(id) is not var (endpoint, _))
            return null;
        // An id names the millisecond, a key all of the instant.
        var (after, until) = Keys.IncidentsWithin(IncidentIds.OpenedAt(id), TimeSpan.FromMilliseconds(1));
        await foreach (var row in _incidents.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {endpoint} and RowKey gt {after} and RowKey lt {until}"), cancellationToken: cancellationToken))
        {
            var incident = await _payload.ReadAsync(row, EngineJson.Default.Incident, cancellationToken);
            if (incident.Id == id)
                return new StoredIncident(incident, row.ETag.ToString());
        }

        return null;
    }

    public async Task<bool> ReplaceIncidentAsync(StoredIncident before, Incident after, CancellationToken cancellationToken)
    {
        try
        {
            await _incidents.UpdateEntityAsync(
                await IncidentRowAsync(after.EndpointId, after, cancellationToken), new ETag(before.Version), TableUpdateMode.Replace, cancellationToken);
        }
        catch (RequestFailedException changed) when (changed.Status is 404 or 412)
        {
            return false;
        }

        // The list of all follows it.
        await WriteIncidentAsync(Keys.AllIncidents, after, after.Version, cancellationToken);
        return true;
    }

    private async Task WriteIncidentAsync(Incident incident, int newest, CancellationToken cancellationToken)
    {
        foreach (var partition in new[] { incident.EndpointId, Keys.AllIncidents })
            await WriteIncidentAsync(partition, incident, newest, cancellationToken);
    }

    /// <param name="newest">Replaces a row of this version of the incident, and of those before it; never that of a later one.</param>
    private async Task WriteIncidentAsync(string partition, Incident incident, int newest, CancellationToken cancellationToken)
    {
        var row = await IncidentRowAsync(partition, incident, cancellationToken);
        while (await FindAsync(_incidents, partition, row.RowKey, cancellationToken) is var stands
            && !(stands?.GetInt32(SequenceProperty) > newest))
        {
            try
            {
                await (stands is null
                    ? _incidents.AddEntityAsync(row, cancellationToken)
                    : _incidents.UpdateEntityAsync(row, stands.ETag, TableUpdateMode.Replace, cancellationToken));
                break;
            }
            catch (RequestFailedException raced) when (raced.Status is 409 or 412)
            {
                // Somebody wrote it just now, or it is our own whose answer got lost: look again.
            }
        }
    }

    private async Task<TableEntity> IncidentRowAsync(string partition, Incident incident, CancellationToken cancellationToken) =>
        EntityLimits.Checked(await _payload.WriteAsync(
            new TableEntity(partition, Keys.Incident(incident)) { [SequenceProperty] = incident.Version },
            Keys.Incidents, incident, EngineJson.Default.Incident, cancellationToken));

    /// <summary>Writes the row that pages show, and forgets the one of the commit.</summary>
    private async Task SettleDriftAsync(DriftRecord drift, CancellationToken cancellationToken)
    {
        await WriteDriftAsync(drift, cancellationToken);
        await _state.DeleteEntityAsync(Partition(drift.EndpointId), Keys.PendingDrift(drift), ETag.All, cancellationToken);
    }

    private async Task WriteDriftAsync(DriftRecord drift, CancellationToken cancellationToken)
    {
        var row = await _payload.WriteAsync(
            new TableEntity(drift.EndpointId, Keys.DriftRow(drift.At, drift.ProtocolVersion))
            {
                [BeforeHash] = drift.BeforeHash,
                [AfterHash] = drift.AfterHash,
            },
            Keys.Drift, drift, EngineJson.Default.DriftRecord, cancellationToken);
        await _drift.UpsertEntityAsync(EntityLimits.Checked(row), TableUpdateMode.Replace, cancellationToken);
    }
}
