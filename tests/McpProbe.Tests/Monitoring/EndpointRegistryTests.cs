using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Tests.Incidents;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

public class EndpointRegistryTests
{
    private static readonly Endpoint Scripted = new() { Id = "scripted", Url = new Uri("https://example.com/mcp"), FailureThreshold = 1 };

    private readonly MemoryStore _store = new();
    private readonly FakeTimeProvider _time = new(Watched.Start);
    private readonly EndpointRegistry _registry;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public EndpointRegistryTests()
    {
        _store.Put(new RegisteredEndpoint(Scripted, EndpointSource.Api));
        _registry = new EndpointRegistry(_store, _store, _store, _time);
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    [Fact]
    public async Task SetMaintenance_Duration_BeginsNowOrWhenAsked()
    {
        var (outcome, now) = await SetAsync(null, TimeSpan.FromHours(1), null);
        Assert.Equal((MaintenanceOutcome.Changed, new AdHocMaintenance(Now, Now.AddHours(1), "Ann", "a new release")), (outcome, now));
        Assert.Equal(now, _store.State.Maintenance);

        var (_, later) = await SetAsync(Now.AddHours(2), TimeSpan.FromHours(1), null);
        Assert.Equal((Now.AddHours(2), Now.AddHours(3)), (later!.From, later.Until));
        Assert.Equal(later, _store.State.Maintenance);

        var (_, until) = await SetAsync(null, null, Now.AddMinutes(5).ToOffset(TimeSpan.FromHours(2)));
        Assert.Equal((Now, Now.AddMinutes(5), TimeSpan.Zero), (until!.From, until.Until, until.Until.Offset));
    }

    [Fact]
    public async Task SetMaintenance_WithoutAnEndOrOver_IsRefused()
    {
        Assert.Equal(MaintenanceOutcome.EndUnclear, (await SetAsync(null, null, null)).Outcome);
        Assert.Equal(MaintenanceOutcome.EndUnclear, (await SetAsync(null, TimeSpan.FromHours(1), Now.AddHours(1))).Outcome);
        Assert.Equal(MaintenanceOutcome.Over, (await SetAsync(null, null, Now)).Outcome);
        Assert.Equal(MaintenanceOutcome.Over, (await SetAsync(Now.AddHours(2), null, Now.AddHours(1))).Outcome);
        Assert.Equal(MaintenanceOutcome.Over, (await SetAsync(Now.AddHours(-2), TimeSpan.FromHours(1), null)).Outcome);
        Assert.Equal(
            MaintenanceOutcome.NotFound,
            (await _registry.SetMaintenanceAsync("other", null, TimeSpan.FromHours(1), null, "Ann", null, Token)).Outcome);
        Assert.Null(_store.State.Maintenance);
    }

    [Fact]
    public async Task SetMaintenance_TooLongOrTooFarAhead_IsRefused()
    {
        var longest = EndpointRegistry.LongestMaintenance;
        Assert.Equal(MaintenanceOutcome.TooLong, (await SetAsync(null, longest + TimeSpan.FromTicks(1), null)).Outcome);
        Assert.Equal(MaintenanceOutcome.TooLong, (await SetAsync(null, TimeSpan.MaxValue, null)).Outcome);
        Assert.Equal(MaintenanceOutcome.TooLong, (await SetAsync(Now.AddDays(-1), null, Now + longest)).Outcome);
        Assert.Equal(MaintenanceOutcome.TooFarAhead, (await SetAsync(DateTimeOffset.MaxValue, TimeSpan.FromHours(1), null)).Outcome);
        Assert.Null(_store.State.Maintenance);
        Assert.Equal(MaintenanceOutcome.Changed, (await SetAsync(Now + EndpointRegistry.FarthestMaintenance, longest, null)).Outcome);
    }

    [Fact]
    public async Task EndMaintenance_OneAhead_IsCalledOffAndOneThatIsOverIsNone()
    {
        await SetAsync(Now.AddHours(2), TimeSpan.FromHours(1), null);
        Assert.Equal(MaintenanceOutcome.Changed, await _registry.EndMaintenanceAsync("scripted", Token));
        await SetAsync(null, TimeSpan.FromHours(1), null);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(MaintenanceOutcome.None, await _registry.EndMaintenanceAsync("scripted", Token));
    }

    [Fact]
    public async Task EndMaintenance_WhatStands_IsTold()
    {
        await SetAsync(null, TimeSpan.FromHours(1), null);
        _store.State = new Watched(Scripted) { State = _store.State }.Expect("x").State;
        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(MaintenanceOutcome.Changed, await _registry.EndMaintenanceAsync("scripted", Token));

        Assert.Equal(IncidentRules.FailuresInARow, Assert.Single(_store.HandedOver).Incident.Rule);
        Assert.Null(_store.State.Maintenance);
        Assert.Equal(MaintenanceOutcome.None, await _registry.EndMaintenanceAsync("scripted", Token));
        Assert.Equal(MaintenanceOutcome.NotFound, await _registry.EndMaintenanceAsync("other", Token));
    }

    [Fact]
    public async Task AcceptBaseline_StateChangedMeanwhile_IsAskedAgain()
    {
        var watched = new Watched(Scripted).Expect("a b b!d");
        _store.State = watched.State with { Baselines = new Dictionary<string, BaselineReference>(), Drifted = null, Catalogs = EndpointState.New.Catalogs, OpenIncidents = [] };
        Assert.Equal(BaselineOutcome.NoCatalog, (await _registry.AcceptBaselineAsync("scripted", "Ann", null, Token)).Outcome);

        _store.State = watched.State;
        Assert.Equal(BaselineOutcome.AnotherCatalog, (await _registry.AcceptBaselineAsync("scripted", "Ann", "sha256:a", Token)).Outcome);

        // It drifts on while the reviewer's request is worked.
        _store.BeforeCommit = () => _store.State = _store.State with { Drifted = new("2025-11-25", "sha256:c", Now) };
        var (outcome, now) = await _registry.AcceptBaselineAsync("scripted", "Ann", "sha256:b", Token);
        Assert.Equal((BaselineOutcome.AnotherCatalog, "sha256:c"), (outcome, now!.Hash));
        Assert.Empty(_store.HandedOver);
    }

    [Theory]
    [InlineData(DriftPolicy.Review, "a b b", null, BaselineOutcome.Accepted, "b")]
    [InlineData(DriftPolicy.Review, "a b b", "b", BaselineOutcome.Accepted, "b")]
    [InlineData(DriftPolicy.Review, "a a", "b", BaselineOutcome.AnotherCatalog, "a")]
    [InlineData(DriftPolicy.Review, "a b b", "a", BaselineOutcome.AnotherCatalog, "b")]
    [InlineData(DriftPolicy.Review, "a b", "a", BaselineOutcome.Accepted, "a")]
    [InlineData(DriftPolicy.Freeze, "a b b", "b", BaselineOutcome.Frozen, "b")]
    [InlineData(DriftPolicy.Freeze, "a a", "a", BaselineOutcome.Accepted, "a")]
    [InlineData(DriftPolicy.Freeze, "a b b", "a", BaselineOutcome.AnotherCatalog, "b")]
    public async Task AcceptBaseline_Reviewed_IsTheCatalogOfNowUnlessFrozen(DriftPolicy policy, string steps, string? hash, BaselineOutcome expected, string now)
    {
        var endpoint = Scripted with { DriftPolicy = policy, Alerts = new() { Drift = DriftAlert.Never } };
        _store.Put(new RegisteredEndpoint(endpoint, EndpointSource.Api));
        _store.State = new Watched(endpoint).Expect(steps).State;
        var before = _store.State;

        var (outcome, baseline) = await _registry.AcceptBaselineAsync("scripted", "Ann", hash is null ? null : $"sha256:{hash}", Token);

        Assert.Equal((expected, $"sha256:{now}"), (outcome, baseline?.Hash));
        if (outcome is BaselineOutcome.Accepted)
            Assert.Equal(new BaselineReference($"sha256:{now}", Now, "Ann"), _store.State.Baseline!.Value.Reference);
        else
            Assert.Same(before, _store.State);
    }

    [Fact]
    public async Task AcceptBaseline_EndpointUnknownOrDeletedMeanwhile_IsNotFound()
    {
        _store.State = new Watched(Scripted).Expect("a b b!d").State;
        Assert.Equal((BaselineOutcome.NotFound, null), await _registry.AcceptBaselineAsync("other", "Ann", null, Token));

        _store.BeforeCommit = () => _store.Delete("scripted");
        Assert.Equal((BaselineOutcome.NotFound, null), await _registry.AcceptBaselineAsync("scripted", "Ann", null, Token));
        Assert.Empty(_store.HandedOver);
    }

    [Theory]
    [InlineData(EndpointSource.Api, EndpointSource.Api, RegistryOutcome.Replaced)]
    [InlineData(EndpointSource.Api, EndpointSource.File, RegistryOutcome.Replaced)]
    [InlineData(EndpointSource.File, EndpointSource.File, RegistryOutcome.Replaced)]
    [InlineData(EndpointSource.File, EndpointSource.Api, RegistryOutcome.OwnedByFile)]
    [InlineData(null, EndpointSource.Api, RegistryOutcome.Created)]
    [InlineData(null, EndpointSource.File, RegistryOutcome.Created)]
    public async Task Put_OverWhatIsThere_RespectsTheFile(EndpointSource? there, EndpointSource by, RegistryOutcome expected)
    {
        _store.Delete("scripted");
        if (there is { } source)
            _store.Put(new RegisteredEndpoint(Scripted, source));

        Assert.Equal(expected, await _registry.PutAsync(Scripted with { Name = "Renamed" }, by, Token));

        var now = (await _store.FindEndpointAsync("scripted", Token))!;
        var isKept = expected is RegistryOutcome.OwnedByFile;
        Assert.Equal((isKept ? null : "Renamed", isKept ? there : by), (now.Endpoint.Name, now.Source));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Put_PausedOrNot_ClosesWhatIsOpenWhenItIsPaused(bool paused)
    {
        _store.State = new Watched(Scripted).Expect("x!o").State;

        await _registry.PutAsync(Scripted with { Paused = paused }, EndpointSource.Api, Token);

        Assert.Equal(paused ? [IncidentRules.EndpointPaused] : [], _store.HandedOver.Select(each => each.Incident.Rule));
        Assert.Equal(paused ? 0 : 1, _store.State.OpenIncidents.Count);
        Assert.Equal(0, _store.Pending);
    }

    [Fact]
    public async Task Put_NewAndPaused_HasNothingToClose()
    {
        _store.Delete("scripted");
        var reads = 0;
        _store.BeforeCommit = () => reads++;

        Assert.Equal(RegistryOutcome.Created, await _registry.PutAsync(Scripted with { Paused = true }, EndpointSource.Api, Token));

        Assert.Equal(0, reads);
        Assert.Equal((0, Verdict.Unknown), (_store.State.OpenIncidents.Count, _store.State.Verdict));
    }

    [Theory]
    [InlineData(EndpointSource.Api, EndpointSource.Api, RegistryOutcome.Deleted)]
    [InlineData(EndpointSource.File, EndpointSource.File, RegistryOutcome.Deleted)]
    [InlineData(EndpointSource.Api, EndpointSource.File, RegistryOutcome.Deleted)]
    [InlineData(EndpointSource.File, EndpointSource.Api, RegistryOutcome.OwnedByFile)]
    [InlineData(null, EndpointSource.Api, RegistryOutcome.NotFound)]
    public async Task Delete_WhatIsThere_ClosesItsIncidentsAndRespectsTheFile(EndpointSource? there, EndpointSource by, RegistryOutcome expected)
    {
        var state = new Watched(Scripted).Expect("x!o").State;
        _store.Delete("scripted");
        if (there is { } source)
        {
            _store.Put(new RegisteredEndpoint(Scripted, source));
            _store.State = state;
        }

        Assert.Equal(expected, await _registry.DeleteAsync("scripted", by, Token));

        var isDeleted = expected is RegistryOutcome.Deleted;
        Assert.Equal(isDeleted ? [IncidentRules.EndpointDeleted] : [], _store.HandedOver.Select(each => each.Incident.Rule));
        Assert.Equal(!isDeleted && there is not null, await _store.FindEndpointAsync("scripted", Token) is not null);
    }

    [Fact]
    public async Task Delete_NothingToJudge_IsCommittedAllTheSame()
    {
        Assert.Equal(RegistryOutcome.Deleted, await _registry.DeleteAsync("scripted", EndpointSource.Api, Token));

        Assert.Null(await _store.FindEndpointAsync("scripted", Token));
        Assert.Empty(_store.HandedOver);
    }

    [Fact]
    public async Task Synchronize_WithADocument_MakesTheFilesEndpointsThoseOfIt()
    {
        _store.Delete("scripted");
        static Endpoint Of(string id, string? name = null) => Scripted with { Id = id, Name = name };
        foreach (var (id, source) in new[]
                 {
                     ("same", EndpointSource.File), ("changed", EndpointSource.File), ("gone", EndpointSource.File), ("taken", EndpointSource.Api), ("own", EndpointSource.Api),
                 })
            _store.Put(new RegisteredEndpoint(Of(id), source));
        var same = (await _store.FindEndpointAsync("same", Token))!;

        var change = await _registry.SynchronizeAsync(new ProbesDocument([Of("new"), Of("same"), Of("changed", "Renamed"), Of("taken")], []), Token);

        var now = await _store.ListEndpointsAsync(Token);
        Assert.Equal(
            [("changed", EndpointSource.File, "Renamed"), ("gone", EndpointSource.Archived, null), ("new", EndpointSource.File, null), ("own", EndpointSource.Api, null), ("same", EndpointSource.File, null), ("taken", EndpointSource.File, null)],
            now.Select(each => (each.Endpoint.Id, each.Source, each.Endpoint.Name)));
        // What is as it was is not written again.
        Assert.Same(same, await _store.FindEndpointAsync("same", Token));
        Assert.True((await _store.FindEndpointAsync("gone", Token))!.Endpoint.Paused);
        Assert.Equal("added new; changed changed, taken; archived gone", change.ToString());
        // Who it came from decides what it may name.
        Assert.Equal(["own"], now.Where(each => each.Endpoint.FromApi).Select(each => each.Endpoint.Id));
    }

    [Fact]
    public async Task Synchronize_EndpointThatLeavesTheFileAndComesBack_KeepsItsHistoryAndClosesItsIncidents()
    {
        var file = new ProbesDocument([Scripted], []);
        await _registry.SynchronizeAsync(file, Token);
        // It has a baseline, and is down.
        _store.State = new Watched(Scripted).Expect("a x!o").State;
        var baselines = _store.State.Baselines;

        var gone = await _registry.SynchronizeAsync(new ProbesDocument([], []), Token);

        Assert.Equal(["scripted"], gone.Archived);
        Assert.Empty(_store.State.OpenIncidents);
        Assert.Same(baselines, _store.State.Baselines);
        var resolved = Assert.Single(_store.HandedOver);
        Assert.Equal((TransitionType.Resolved, IncidentRules.EndpointArchived), (resolved.Type, resolved.Incident.Rule));

        var again = await _registry.SynchronizeAsync(new ProbesDocument([], []), Token);
        Assert.True(again.IsEmpty);

        var back = await _registry.SynchronizeAsync(file, Token);
        Assert.Equal(["scripted"], back.Restored);
        Assert.False((await _store.FindEndpointAsync("scripted", Token))!.Endpoint.Paused);
        Assert.Equal(RegistryOutcome.OwnedByFile, await _registry.DeleteAsync("scripted", EndpointSource.Api, Token));

        await _registry.SynchronizeAsync(new ProbesDocument([], []), Token);
        Assert.Equal(RegistryOutcome.Deleted, await _registry.DeleteAsync("scripted", EndpointSource.Api, Token));
        Assert.Null(await _store.FindEndpointAsync("scripted", Token));
    }

    private Task<(MaintenanceOutcome Outcome, AdHocMaintenance? Maintenance)> SetAsync(
        DateTimeOffset? from, TimeSpan? duration, DateTimeOffset? until) =>
        _registry.SetMaintenanceAsync("scripted", from, duration, until, "Ann", "a new release", Token);
}
