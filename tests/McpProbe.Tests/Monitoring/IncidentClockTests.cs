using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Tests.Incidents;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

public class IncidentClockTests
{
    private static readonly Endpoint Urgent = new()
    {
        Id = "scripted",
        Url = new Uri("https://example.com/mcp"),
        FailureThreshold = 1,
        Alerts = new() { RemindEvery = TimeSpan.FromMinutes(10), Escalate = [new(TimeSpan.FromMinutes(10), ["lead"])] },
    };

    private readonly MemoryStore _store = new();
    private MemoryStore _endpoints;
    private readonly FakeTimeProvider _time = new(Watched.Start);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public IncidentClockTests()
    {
        var watched = new Watched(Urgent).Expect("x!o");
        _store.Put(new RegisteredEndpoint(Urgent, EndpointSource.Api));
        _store.State = watched.State;
        _endpoints = _store;
        _time.SetUtcNow(watched.Now);
    }

    [Fact]
    public async Task Run_NothingDue_DoesNothing()
    {
        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));

        Assert.Equal(0, await RunAsync());
        Assert.Empty(_store.HandedOver);
    }

    [Fact]
    public async Task Run_Due_IsToldOnceAndNotDueAnyMore()
    {
        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(1, await RunAsync());
        Assert.Equal(0, await RunAsync());

        Assert.Equal([TransitionType.Escalated, TransitionType.Reminded], _store.HandedOver.Select(each => each.Type));
        Assert.Equal(0, _store.Pending);
        Assert.Equal(_store.State.OpenIncidents[0], _store.Incidents.Values.Single());
    }

    [Fact]
    public async Task Run_StateChangedMeanwhile_JudgesWhatIsThereNow()
    {
        _time.Advance(TimeSpan.FromMinutes(10));
        _store.BeforeCommit = () => _store.State = new Watched(Urgent) { State = _store.State, Now = Watched.Start.AddMinutes(5) }.Expect("+ +.o").State;

        await RunAsync();

        Assert.Empty(_store.HandedOver);
    }

    [Fact]
    public async Task Run_OlderTransitionsArePending_AreHandedOverFirst()
    {
        _time.Advance(TimeSpan.FromMinutes(10));
        await IncidentClock.RunAsync(_store, _endpoints, outbox: null, _time, Token);
        Assert.Equal(2, _store.Pending);
        _time.Advance(TimeSpan.FromMinutes(10));

        await RunAsync();

        Assert.Equal([TransitionType.Escalated, TransitionType.Reminded, TransitionType.Reminded], _store.HandedOver.Select(each => each.Type));
        Assert.Equal(_store.HandedOver.OrderBy(each => each.Incident.Sequence), _store.HandedOver);
        Assert.Equal(0, _store.Pending);
    }

    [Fact]
    public async Task Run_DiedAtAnyStep_TellsEverythingOnce()
    {
        _time.Advance(TimeSpan.FromMinutes(10));
        await RunAsync();
        var (expected, steps) = (_store.HandedOver.Select(each => each.Id).ToList(), _store.Steps);
        Assert.True(steps >= 5);

        for (var step = 0; step < steps; step++)
        {
            var test = new IncidentClockTests();
            test._time.Advance(TimeSpan.FromMinutes(10));
            test._store.DiesAt = step;
            await Assert.ThrowsAnyAsync<Exception>(test.RunAsync);

            await PendingTransitions.SweepAsync(test._store, test._store, Token);
            await test.RunAsync();

            Assert.Equal(expected, test._store.HandedOver.Select(each => each.Id).Distinct());
        }
    }

    [Fact]
    public async Task Run_PausedWhileACrashKeptItOpen_Closes()
    {
        _store.Put(new RegisteredEndpoint(Urgent with { Paused = true }, EndpointSource.Api));
        _time.Advance(TimeSpan.FromMinutes(10));

        await RunAsync();

        Assert.Equal(IncidentRules.EndpointPaused, Assert.Single(_store.HandedOver).Incident.Rule);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(250)]
    public async Task Run_HoweverManyAreDue_JudgesEach(int count)
    {
        var store = Fleet(count, mistaken: false);
        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(count, await IncidentClock.RunAsync(store, store, store, _time, Token));

        Assert.Equal(count, store.HandedOver.Select(each => each.Incident.EndpointId).Distinct().Count());
        Assert.Empty(await store.ReadDueAsync(_time.GetUtcNow(), 10, Token));
    }

    [Fact]
    public async Task Run_ABatchThatStaysDue_ComesToAnEndAndHidesNobody()
    {
        var store = Fleet(250, mistaken: true);
        store.Put(new RegisteredEndpoint(Urgent with { Id = "last" }, EndpointSource.Api));
        store.Set("last", new Watched(Urgent with { Id = "last" }) { Now = Watched.Start.AddSeconds(1) }.Expect("x!o").State);
        _time.Advance(TimeSpan.FromMinutes(11));

        Assert.Equal(251, await IncidentClock.RunAsync(store, store, store, _time, Token));

        Assert.Equal(["last", "last"], store.HandedOver.Select(each => each.Incident.EndpointId));
    }

    [Fact]
    public async Task Run_ManyThatCannotBeJudged_HideNobody()
    {
        var store = Fleet(250, mistaken: false);
        _time.Advance(TimeSpan.FromMinutes(10));
        var (endpoints, broken) = (new MemoryStore(), Enumerable.Range(0, 249).Select(i => $"e{i:000}").ToHashSet());
        endpoints.Put(new RegisteredEndpoint(Urgent with { Id = "e249" }, EndpointSource.Api));

        var failure = await Assert.ThrowsAsync<AggregateException>(
            () => IncidentClock.RunAsync(store, new Refusing(endpoints, broken), store, _time, Token));

        Assert.Equal(249, failure.InnerExceptions.Count);
        Assert.Equal(["e249", "e249"], store.HandedOver.Select(each => each.Incident.EndpointId));
    }

    private sealed class Refusing(IEndpointStore endpoints, HashSet<string> broken) : IEndpointStore
    {
        public Task<IReadOnlyList<RegisteredEndpoint>> ListEndpointsAsync(CancellationToken cancellationToken) => endpoints.ListEndpointsAsync(cancellationToken);

        public Task<RegisteredEndpoint?> FindEndpointAsync(string id, CancellationToken cancellationToken) =>
            broken.Contains(id) ? throw new IOException("not now") : endpoints.FindEndpointAsync(id, cancellationToken);

        public Task<EndpointPut> PutEndpointAsync(RegisteredEndpoint endpoint, CancellationToken cancellationToken, Predicate<long?>? when = null) =>
            endpoints.PutEndpointAsync(endpoint, cancellationToken, when);
    }

    private static MemoryStore Fleet(int count, bool mistaken)
    {
        var store = new MemoryStore();
        foreach (var id in Enumerable.Range(0, count).Select(i => $"e{i:000}"))
        {
            store.Put(mistaken
                ? RegisteredEndpoint.Read(id, """{"url":"ftp://example.com"}"""u8.ToArray(), EndpointSource.Api)
                : new RegisteredEndpoint(Urgent with { Id = id }, EndpointSource.Api));
            store.Set(id, new Watched(Urgent with { Id = id }).Expect("x!o").State);
        }

        return store;
    }

    [Fact]
    public void Read_ADefinition_IsItselfOrWhatSaysWhomToTell()
    {
        var read = RegisteredEndpoint.Read("a", """{"url":"https://example.com/mcp"}"""u8.ToArray(), EndpointSource.File);
        Assert.Equal(("https://example.com/mcp", false, EndpointSource.File), (read.Endpoint.Target, read.Endpoint.Paused, read.Source));
        Assert.Null(read.Mistakes);

        var wrong = RegisteredEndpoint.Read(
            "a", """{"url":"https://example.com/mcp","colour":"red","interval":"5m","channels":["ops",7],"bearer":"${env:TOKEN}","alerts":{"unwatchedAfter":"20m","newRule":1}}"""u8.ToArray(), EndpointSource.File);
        Assert.Equal(("a", false, false, EndpointSource.File), (wrong.Endpoint.Id, wrong.Endpoint.HasTarget, wrong.Endpoint.HasCredentials, wrong.Source));
        Assert.Equal((TimeSpan.FromMinutes(5), "ops", TimeSpan.FromMinutes(20)), (wrong.Endpoint.Interval, Assert.Single(wrong.Endpoint.Channels), wrong.Endpoint.Alerts.Unwatched!.After!.Value));
        Assert.NotEmpty(wrong.Mistakes!);
        Assert.Equal(FailureKind.Config, wrong.Unprobed!.Kind);
    }

    [Theory]
    [InlineData("{ spoiled", EndpointSource.Api, false)]
    [InlineData("{ spoiled", EndpointSource.Archived, true)]
    [InlineData("[]", EndpointSource.File, false)]
    [InlineData("", EndpointSource.File, false)]
    [InlineData("""{"colour":"red","paused":true}""", EndpointSource.Api, true)]
    [InlineData("""{"id":"another"}""", EndpointSource.Api, false)]
    public void Read_WhatNobodyCanRead_IsTheEndpointAllTheSame(string definition, EndpointSource source, bool paused)
    {
        var wrong = RegisteredEndpoint.Read("a", System.Text.Encoding.UTF8.GetBytes(definition), source);

        Assert.Equal(("a", false, paused), (wrong.Endpoint.Id, wrong.Endpoint.HasTarget, wrong.Endpoint.Paused));
        Assert.NotNull(wrong.Unprobed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_DefinitionThatIsGoneOrCannotBeRead_LeavesWhatIsOpenAndTellsNobody(bool gone)
    {
        if (gone)
            _endpoints = new MemoryStore(); // deleted since it was found due
        else
            _store.Put(RegisteredEndpoint.Read(Urgent.Id, """{"url":"ftp://example.com"}"""u8.ToArray(), EndpointSource.Api));
        _time.Advance(TimeSpan.FromMinutes(10));
        var before = _store.State;

        await RunAsync();

        Assert.Equal(before.OpenIncidents, _store.State.OpenIncidents);
        Assert.Equal((before.Verdict, before.Baselines), (_store.State.Verdict, _store.State.Baselines));
    }

    private Task<int> RunAsync() => IncidentClock.RunAsync(_store, _endpoints, _store, _time, Token);
}
