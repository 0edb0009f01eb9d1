using McpProbe.Endpoints;
using McpProbe.Incidents;

namespace McpProbe.Monitoring;

/// <summary>Adding, changing and removing what is watched, with what that means for open incidents.</summary>
public sealed class EndpointRegistry(IEndpointStore endpoints, IMonitorStore store, IAlertOutbox outbox, TimeProvider time)
{
    /// <summary>Creates or replaces; pausing closes the open incidents.</summary>
    public async Task<RegistryOutcome> PutAsync(Endpoint endpoint, EndpointSource source, CancellationToken cancellationToken)
    {
        if (source is EndpointSource.Api && await IsFromFileAsync(endpoint.Id, cancellationToken))
            return RegistryOutcome.OwnedByFile;

        var created = await endpoints.PutEndpointAsync(new RegisteredEndpoint(endpoint, source), cancellationToken);
        if (endpoint.Paused && !created)
            await CloseAsync(endpoint, "endpoint-paused", delete: false, cancellationToken);
        return created ? RegistryOutcome.Created : RegistryOutcome.Replaced;
    }

    /// <summary>Deletes; open incidents are closed and their resolves delivered.</summary>
    public async Task<RegistryOutcome> DeleteAsync(string id, EndpointSource source, CancellationToken cancellationToken)
    {
        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { } registered)
            return RegistryOutcome.NotFound;
        if (source is EndpointSource.Api && registered.Source is EndpointSource.File)
            return RegistryOutcome.OwnedByFile;

        await CloseAsync(registered.Endpoint, "endpoint-deleted", delete: true, cancellationToken);
        return RegistryOutcome.Deleted;
    }

    /// <summary>
    /// Makes the store's file endpoints those of the document. The file wins: an endpoint of the API with the same id is the
    /// file's from now on; others of the API are left alone.
    /// </summary>
    public async Task SynchronizeAsync(ProbesDocument document, CancellationToken cancellationToken)
    {
        var known = (await endpoints.ListEndpointsAsync(cancellationToken)).ToDictionary(each => each.Endpoint.Id);
        foreach (var endpoint in document.Endpoints)
        {
            var same = known.TryGetValue(endpoint.Id, out var old) && old.Source is EndpointSource.File
                && EndpointJson.ToJson(old.Endpoint) == EndpointJson.ToJson(endpoint);
            if (!same)
                await PutAsync(endpoint, EndpointSource.File, cancellationToken);
        }

        var kept = document.Endpoints.Select(endpoint => endpoint.Id).ToHashSet();
        foreach (var gone in known.Values.Where(each => each.Source is EndpointSource.File && !kept.Contains(each.Endpoint.Id)))
            await DeleteAsync(gone.Endpoint.Id, EndpointSource.File, cancellationToken);
    }

    private async Task<bool> IsFromFileAsync(string id, CancellationToken cancellationToken) =>
        await endpoints.FindEndpointAsync(id, cancellationToken) is { Source: EndpointSource.File };

    private async Task CloseAsync(Endpoint endpoint, string rule, bool delete, CancellationToken cancellationToken)
    {
        while (await store.ReadStateAsync(endpoint.Id, cancellationToken) is { } before)
        {
            var judgement = IncidentMachine.Close(before.State, endpoint, rule, time.GetUtcNow());
            if (!delete && ReferenceEquals(judgement.State, before.State))
                return;

            var outcome = await store.CommitAsync(
                new StateChange
                {
                    EndpointId = endpoint.Id,
                    Before = before,
                    After = judgement.State,
                    DeleteEndpoint = delete,
                    Incidents = judgement.Incidents,
                    Transitions = judgement.Transitions,
                },
                cancellationToken);
            if (outcome.Status is CommitStatus.Conflict)
                continue;
            if (outcome.Status is CommitStatus.Committed)
                await PendingTransitions.HandOverAsync(
                    [.. before.Pending, .. judgement.Transitions], store, outbox, cancellationToken);
            return;
        }
    }
}

public enum RegistryOutcome
{
    Created,
    Replaced,
    Deleted,
    NotFound,

    /// <summary>It is defined in the probes file, and changed there.</summary>
    OwnedByFile,
}
