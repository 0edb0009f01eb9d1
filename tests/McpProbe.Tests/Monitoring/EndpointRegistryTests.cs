using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
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

    public EndpointRegistryTests() => _registry = new EndpointRegistry(new OneEndpoint(Scripted), _store, _store, _time);

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

    private Task<(MaintenanceOutcome Outcome, AdHocMaintenance? Maintenance)> SetAsync(
        DateTimeOffset? from, TimeSpan? duration, DateTimeOffset? until) =>
        _registry.SetMaintenanceAsync("scripted", from, duration, until, "Ann", "a new release", Token);
}
