using McpProbe.Alerts.Deliveries;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>Adding, changing and removing what is watched, with what that means for open incidents.</summary>
/// <param name="putsAtOnce">How many endpoints of a document are put at once.</param>
public sealed class EndpointRegistry(IEndpointStore endpoints, IMonitorStore store, IAlertOutbox outbox, TimeProvider time, int putsAtOnce = 1)
{
    /// <summary>The most that may be asked for at once: whoever forgets to end a maintenance hears of trouble again some day.</summary>
    public static readonly TimeSpan LongestMaintenance = TimeSpan.FromDays(30);

    /// <summary>How far ahead a maintenance may begin.</summary>
    public static readonly TimeSpan FarthestMaintenance = TimeSpan.FromDays(366);

    private readonly EndpointJudge _judge = new(store, outbox);

    /// <summary>
    /// Creates or replaces. Pausing, and watching another target, closes the open incidents; probes of the definition before this one
    /// are not judged any more.
    /// </summary>
    /// <param name="when">Judges the generation that stands, null for none; null puts in any case.</param>
    public async Task<RegistryOutcome> PutAsync(
        Endpoint endpoint, EndpointSource source, CancellationToken cancellationToken, Predicate<long?>? when = null)
    {
        var old = await endpoints.FindEndpointAsync(endpoint.Id, cancellationToken);
        if (source is EndpointSource.Api && old is { Source: EndpointSource.File })
            return RegistryOutcome.OwnedByFile;
        // An import leaves alone what somebody has made their own.
        if (source is EndpointSource.Import && old is { Source: EndpointSource.File or EndpointSource.Api })
            return RegistryOutcome.OwnedByOthers;

        // Closed before the definition that pauses it, so that its end says why.
        if (source is EndpointSource.Archived && old is not null)
            await _judge.JudgeAsync(old.Endpoint, _ => new EndpointClosed(time.GetUtcNow(), IncidentRules.EndpointArchived), delete: false, cancellationToken);
        var watched = WatchedPeriod.After(old, endpoint.Paused, time.GetUtcNow());
        var put = await endpoints.PutEndpointAsync(new RegisteredEndpoint(endpoint, source) { Watched = watched }, cancellationToken, when);
        if (put == EndpointPut.Refused)
            return RegistryOutcome.ConditionFailed;
        if (!put.IsDefined)
        {
            await _judge.DefineAsync(
                endpoint, put.Generation, old is { Mistakes: null } ? WatchedTarget.Of(old.Endpoint) : null, time, cancellationToken);
        }

        return put.Created ? RegistryOutcome.Created : RegistryOutcome.Replaced;
    }

    /// <summary>Deletes; open incidents are closed and their resolves delivered.</summary>
    public async Task<RegistryOutcome> DeleteAsync(string id, EndpointSource source, CancellationToken cancellationToken)
    {
        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { } registered)
            return RegistryOutcome.NotFound;
        if (source is EndpointSource.Api && registered.Source is EndpointSource.File)
            return RegistryOutcome.OwnedByFile;

        await _judge.JudgeAsync(
            registered.Endpoint, _ => new EndpointClosed(time.GetUtcNow(), IncidentRules.EndpointDeleted), delete: true, cancellationToken);
        return RegistryOutcome.Deleted;
    }

    /// <summary>
    /// Makes the store's file endpoints those of the document. The file wins: an endpoint of the API with the same id is the
    /// file's from now on; others of the API are left alone. One that left the file is archived: its incidents close, its history
    /// stays, and it is as it was when it comes back. What a crash leaves undone, the next call does.
    /// </summary>
    public async Task<ProbesChange> SynchronizeAsync(ProbesDocument document, CancellationToken cancellationToken)
    {
        var plan = ProbesPlan.Of(document.Endpoints, await endpoints.ListEndpointsAsync(cancellationToken), EndpointSource.File);
        await ApplyAsync(plan, cancellationToken);
        return plan.Change;
    }

    /// <summary>Carries a plan out. What a crash leaves undone, the next plan has.</summary>
    public async Task ApplyAsync(ProbesPlan plan, CancellationToken cancellationToken)
    {
        // Each is an endpoint of its own, and each waits for the store a few times.
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = putsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(plan.Puts, atOnce, async (put, token) => await PutAsync(put.Endpoint, plan.Source, token));
        await Parallel.ForEachAsync(
            plan.Leaving, atOnce, async (gone, token) => await PutAsync(gone.Endpoint with { Paused = true }, EndpointSource.Archived, token));
    }

    /// <summary>
    /// Makes the catalogue that the endpoint has now its baseline, and whether it asks for credentials what is expected: somebody
    /// has reviewed it.
    /// </summary>
    /// <param name="hash">The catalogue that was reviewed; null for whichever it is now.</param>
    public async Task<(BaselineOutcome Outcome, BaselineReference? Baseline)> AcceptBaselineAsync(
        string id, string by, string? hash, CancellationToken cancellationToken)
    {
        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { Endpoint: var endpoint })
            return (BaselineOutcome.NotFound, null);

        (BaselineOutcome Outcome, BaselineReference? Baseline) refused = (BaselineOutcome.NotFound, null);
        var judgement = await _judge.JudgeAsync(
            endpoint,
            state =>
            {
                refused = WhyNot(endpoint, state, hash);
                return refused.Outcome is BaselineOutcome.Accepted ? new BaselineAccepted(time.GetUtcNow(), by) : null;
            },
            delete: false, cancellationToken);
        return judgement is not null ? (BaselineOutcome.Accepted, judgement.State.Baseline!.Value.Reference)
            // It was to be accepted, and the endpoint was deleted before that.
            : refused.Outcome is BaselineOutcome.Accepted ? (BaselineOutcome.NotFound, null)
            : refused;
    }

    /// <summary>Plans a time without alerts, in place of one that was planned before. Probes go on.</summary>
    /// <param name="from">Null for now.</param>
    /// <param name="duration">How long it lasts; not together with <paramref name="until"/>.</param>
    /// <param name="until">When it ends; not together with <paramref name="duration"/>.</param>
    /// <param name="by">Who asks for it.</param>
    /// <param name="reason">What for; null when nobody says.</param>
    public async Task<(MaintenanceOutcome Outcome, AdHocMaintenance? Maintenance)> SetMaintenanceAsync(
        string id, DateTimeOffset? from, TimeSpan? duration, DateTimeOffset? until, string by, string? reason, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var start = (from ?? now).ToUniversalTime();
        if (duration is null == until is null)
            return (MaintenanceOutcome.EndUnclear, null);
        if (start - now > FarthestMaintenance)
            return (MaintenanceOutcome.TooFarAhead, null);
        if (duration > LongestMaintenance)
            return (MaintenanceOutcome.TooLong, null);
        var end = until?.ToUniversalTime() ?? start + duration!.Value;
        if (end <= start || end <= now)
            return (MaintenanceOutcome.Over, null);
        if (end - start > LongestMaintenance)
            return (MaintenanceOutcome.TooLong, null);

        var maintenance = new AdHocMaintenance(start, end, by, reason);
        return await ChangeMaintenanceAsync(id, _ => true, maintenance, cancellationToken) is MaintenanceOutcome.Changed
            ? (MaintenanceOutcome.Changed, maintenance)
            : (MaintenanceOutcome.NotFound, null);
    }

    /// <summary>Ends, or calls off, the maintenance that somebody asked for; planned windows stay. What stands now is told.</summary>
    public Task<MaintenanceOutcome> EndMaintenanceAsync(string id, CancellationToken cancellationToken) =>
        ChangeMaintenanceAsync(id, state => state.Maintenance?.Until > time.GetUtcNow(), null, cancellationToken);

    private async Task<MaintenanceOutcome> ChangeMaintenanceAsync(
        string id, Predicate<EndpointState> applies, AdHocMaintenance? maintenance, CancellationToken cancellationToken)
    {
        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { Endpoint: var endpoint })
            return MaintenanceOutcome.NotFound;
        var why = MaintenanceOutcome.NotFound;
        var judgement = await _judge.JudgeAsync(
            endpoint,
            state =>
            {
                why = applies(state) ? MaintenanceOutcome.NotFound : MaintenanceOutcome.None;
                return why is MaintenanceOutcome.None ? null : new MaintenanceChanged(time.GetUtcNow(), maintenance);
            },
            delete: false, cancellationToken);
        return judgement is null ? why : MaintenanceOutcome.Changed;
    }

    private static (BaselineOutcome Outcome, BaselineReference? Baseline) WhyNot(Endpoint endpoint, EndpointState state, string? hash)
    {
        if (state.Baseline is not { } baseline)
            return (BaselineOutcome.NoCatalog, null);
        var now = state.Drifted is { } drifted ? drifted.Hash : baseline.Reference.Hash;
        if (hash is not null && hash != now)
            return (BaselineOutcome.AnotherCatalog, baseline.Reference with { Hash = now });
        return endpoint.DriftPolicy is DriftPolicy.Freeze && state.Drifted is not null
            ? (BaselineOutcome.Frozen, baseline.Reference with { Hash = now })
            : (BaselineOutcome.Accepted, null);
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

    /// <summary>It is the file's or the API's, and no import may change it.</summary>
    OwnedByOthers,

    /// <summary>The definition that stands is not the one that was asked for: nothing was changed.</summary>
    ConditionFailed,
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

public enum MaintenanceOutcome
{
    Changed,
    NotFound,

    /// <summary>Neither a duration nor an end was given, or both.</summary>
    EndUnclear,

    /// <summary>It would end before it begins, or is past.</summary>
    Over,

    /// <summary>Longer than <see cref="EndpointRegistry.LongestMaintenance"/>.</summary>
    TooLong,

    /// <summary>It would begin later than <see cref="EndpointRegistry.FarthestMaintenance"/> from now.</summary>
    TooFarAhead,

    /// <summary>Nobody asked for one, or it is over: there is nothing to end.</summary>
    None,
}
