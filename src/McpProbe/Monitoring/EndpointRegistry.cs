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

    /// <summary>Makes the catalogue that the endpoint has now its baseline: somebody has reviewed it.</summary>
    /// <param name="hash">The catalogue that was reviewed; null for whichever it is now.</param>
    public async Task<(BaselineOutcome Outcome, BaselineReference? Baseline)> AcceptBaselineAsync(
        string id, string by, string? hash, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { Endpoint: var endpoint }
                || await store.ReadStateAsync(id, cancellationToken) is not { } before)
                return (BaselineOutcome.NotFound, null);
            if (IncidentMachine.AcceptBaseline(before.State, endpoint, by, time.GetUtcNow()) is not { } judgement)
                return (BaselineOutcome.NoCatalog, null);

            var baseline = judgement.State.Baseline!.Value.Reference;
            if (hash is not null && hash != baseline.Hash)
                return (BaselineOutcome.AnotherCatalog, baseline);
            if (endpoint.DriftPolicy is DriftPolicy.Freeze && before.State.Drifted is not null)
                return (BaselineOutcome.Frozen, baseline);

            var change = new StateChange
            {
                EndpointId = id,
                Before = before,
                After = judgement.State,
                Incidents = judgement.Incidents,
                Transitions = judgement.Transitions,
            };
            switch ((await store.CommitAsync(change, cancellationToken)).Status)
            {
                case CommitStatus.Committed:
                    await PendingTransitions.HandOverAsync([.. before.Pending, .. judgement.Transitions], store, outbox, cancellationToken);
                    return (BaselineOutcome.Accepted, baseline);
                case CommitStatus.Gone:
                    return (BaselineOutcome.NotFound, null);
                case CommitStatus.Conflict or CommitStatus.ResultExists:
                    break;
            }
        }
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

public enum BaselineOutcome
{
    Accepted,
    NotFound,

    /// <summary>No probe has read a catalogue yet.</summary>
    NoCatalog,

    /// <summary>The catalogue is not the one that was reviewed: it changed since.</summary>
    AnotherCatalog,

    /// <summary>The endpoint's policy is <see cref="DriftPolicy.Freeze"/>.</summary>
    Frozen,
}
