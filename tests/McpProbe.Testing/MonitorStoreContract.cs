using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using McpProbe.Alerts.Deliveries;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Testing;

/// <summary>The ports of one store.</summary>
public sealed record StorePorts(IEndpointStore Endpoints, IMonitorStore Monitor, IMonitorHistory History, IDeliveryStore Deliveries);

/// <summary>
/// What every store keeps of the ports' words and of the delivery promises 1 to 3 (docs/architecture.md). A store derives from
/// this, opens itself, and may do more.
/// </summary>
public abstract partial class MonitorStoreContract : StoreContract<StorePorts>
{
    private IEndpointStore Endpoints => Ports.Endpoints;
    private IMonitorStore Store => Ports.Monitor;
    private IMonitorHistory History => Ports.History;
    private IDeliveryStore Deliveries => Ports.Deliveries;

    [Fact]
    public async Task PutEndpoint_New_CreatesItWithAnEmptyState()
    {
        var put = await Endpoints.PutEndpointAsync(Registered("a", EndpointSource.File), Cancellation);

        var state = await StateOfAsync("a");
        Assert.True(put.Created);
        AssertSame(EndpointState.Of(Endpoint("a"), put.Generation), state.State);
        Assert.Empty(state.Pending);
        var found = await Endpoints.FindEndpointAsync("a", Cancellation);
        Assert.Equal(EndpointSource.File, found!.Source);
    }

    [Fact]
    public async Task PutEndpoint_Known_ReplacesItsDefinitionAndKeepsStateAndHistory()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, After = State(1), Record = Record(1) });

        var replaced = Registered("a") with { Endpoint = Endpoint("a") with { Name = "Renamed", Interval = TimeSpan.FromSeconds(15) } };
        Assert.False((await Endpoints.PutEndpointAsync(replaced, Cancellation)).Created);

        Assert.Equal("Renamed", (await Endpoints.FindEndpointAsync("a", Cancellation))!.Endpoint.Name);
        AssertSame(State(1), (await StateOfAsync("a")).State);
        Assert.Single(await History.ReadResultsAsync("a", null, 10, Cancellation));
    }

    [Fact]
    public async Task ListEndpoints_OneThatDoesNotValidate_IsShownWithItsMistakesAndHidesNoOther()
    {
        await Endpoints.PutEndpointAsync(Registered("good"), Cancellation);
        // As a version with looser rules may have stored it.
        var wrong = Endpoint("wrong") with { Interval = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromSeconds(20) };
        await Endpoints.PutEndpointAsync(new RegisteredEndpoint(wrong, EndpointSource.Api), Cancellation);

        var listed = await Endpoints.ListEndpointsAsync(Cancellation);
        Assert.Equal(["good", "wrong"], listed.Select(each => each.Endpoint.Id));
        Assert.Null(listed[0].Mistakes);
        Assert.Contains("timeout", Assert.Single(listed[1].Mistakes!).Message, StringComparison.Ordinal);
        // What says whom to tell is left; there is nothing to probe.
        Assert.Equal((wrong.DisplayName, wrong.Interval, false, false), (listed[1].Endpoint.DisplayName, listed[1].Endpoint.Interval, listed[1].Endpoint.HasTarget, listed[1].Endpoint.Paused));
        Assert.Equal(FailureKind.Config, listed[1].Unprobed!.Kind);
        Assert.NotNull((await Endpoints.FindEndpointAsync("wrong", Cancellation))!.Mistakes);
        Assert.Equal(2, (await History.ReadOverviewAsync(Cancellation)).Count);

        await Endpoints.PutEndpointAsync(Registered("wrong"), Cancellation);
        Assert.Null((await Endpoints.FindEndpointAsync("wrong", Cancellation))!.Mistakes);
    }

    [Fact]
    public async Task FindEndpoint_EveryField_IsAsItWasPut()
    {
        var endpoint = new Endpoint
        {
            Id = "every.field-1",
            Name = "Ünïcode \"name\"",
            Url = new Uri("https://example.com/mcp?x=1"),
            Transport = TransportChoice.Http,
            Protocol = "2025-11-25",
            Headers = new Dictionary<string, string> { ["X-Tenant"] = "${env:TENANT}" },
            Bearer = "${env:TOKEN}",
            ConnectTo = "127.0.0.1:8443",
            Insecure = true,
            Interval = TimeSpan.FromSeconds(30),
            Timeout = TimeSpan.FromSeconds(3),
            Conditions = new Conditions { AllowEmpty = true, RequireTools = ["echo"], ExpectProtocol = "2025-11-25" },
            FailureThreshold = 5,
            SuccessThreshold = 4,
            Channels = ["ops"],
            Group = "g",
            Visibility = Visibility.Public,
            Paused = true,
        };
        await Endpoints.PutEndpointAsync(new RegisteredEndpoint(endpoint, EndpointSource.Api), Cancellation);

        var found = await Endpoints.FindEndpointAsync(endpoint.Id, Cancellation);

        Assert.Equal(EndpointJson.ToJson(endpoint), EndpointJson.ToJson(found!.Endpoint));
        Assert.Equal(endpoint.Channels, found.Endpoint.Channels);
        Assert.Equal(endpoint.Interval, found.Endpoint.Interval);
    }

    [Fact]
    public async Task FindEndpoint_Unknown_IsNull() => Assert.Null(await Endpoints.FindEndpointAsync("a", Cancellation));

    [Fact]
    public async Task ListEndpoints_Several_AreInOrderOfTheirIds()
    {
        foreach (var id in new[] { "b", "a.z", "a", "a-z", "0" })
            await NewEndpointAsync(id);

        var ids = (await Endpoints.ListEndpointsAsync(Cancellation)).Select(each => each.Endpoint.Id);

        Assert.Equal(["0", "a", "a-z", "a.z", "b"], ids);
    }

    [Fact]
    public async Task ReadState_Unknown_IsNull() => Assert.Null(await Store.ReadStateAsync("a", Cancellation));

    [Fact]
    public async Task Commit_OfEverything_IsThereAsAWhole()
    {
        var before = await NewEndpointAsync("a");
        var change = new StateChange
        {
            EndpointId = "a",
            Before = before,
            After = State(1),
            Record = Record(1),
            Catalog = StoreSamples.Catalog("""{"tools":[]}"""),
            Incidents = [Incident("a", 1)],
            Drift = StoreSamples.Drift("a", 1),
            Transitions = [Transition("a", 1, 1, "ops", "mail")],
        };

        await CommittedAsync(change);

        var after = await StateOfAsync("a");
        AssertSame(State(1), after.State);
        AssertSame(Transition("a", 1, 1, "ops", "mail"), Assert.Single(after.Pending));
        Assert.NotEqual(before.Version, after.Version);
        AssertSame(Healthy(), await Store.FindResultAsync("a", Slot(1), Location, Cancellation));
        Assert.Equal(change.Catalog.Canonical.ToArray(), (await Store.ReadCatalogAsync(change.Catalog.Hashes.Hash, Cancellation))!.Value.ToArray());
        AssertSame(Incident("a", 1), Assert.Single(await History.ReadIncidentsAsync("a", null, 10, Cancellation)));
        AssertSame(StoreSamples.Drift("a", 1), Assert.Single(await History.ReadDriftAsync("a", 10, Cancellation)));
    }

    [Fact]
    public async Task Commit_ResultOnly_LeavesTheStateAndItsVersion()
    {
        var before = await NewEndpointAsync("a");

        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(1) });

        Assert.Equal(before.Version, (await StateOfAsync("a")).Version);
        Assert.NotNull(await Store.FindResultAsync("a", Slot(1), Location, Cancellation));
    }

    [Fact]
    public async Task Commit_ResultOnlyAfterTheStateMovedOn_IsCommitted()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, After = State(1) });

        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(2) });

        AssertSame(State(1), (await StateOfAsync("a")).State);
        Assert.NotNull(await Store.FindResultAsync("a", Slot(2), Location, Cancellation));
    }

    [Fact]
    public async Task Commit_FromAnOlderState_ConflictsAndChangesNoStateAndNothingPending()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, After = State(1) });

        var outcome = await Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, After = State(2), Transitions = [Transition("a", 2)] }, Cancellation);

        Assert.Equal(CommitStatus.Conflict, outcome.Status);
        var state = await StateOfAsync("a");
        AssertSame(State(1), state.State);
        Assert.Empty(state.Pending);
    }

    [Fact]
    public async Task Commit_TheSameResultAgainAfterAConflict_IsCommitted()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, After = State(1) });
        var change = new StateChange { EndpointId = "a", Before = before, After = State(2), Record = Record(2) };
        Assert.Equal(CommitStatus.Conflict, (await Store.CommitAsync(change, Cancellation)).Status);

        await CommittedAsync(change with { Before = await StateOfAsync("a") });

        AssertSame(State(2), (await StateOfAsync("a")).State);
        Assert.Single(await History.ReadResultsAsync("a", null, 10, Cancellation));
    }

    [Fact]
    public async Task Commit_TheSameResultTwice_IsCommittedAndStandsOnce()
    {
        var before = await NewEndpointAsync("a");
        var change = new StateChange { EndpointId = "a", Before = before, Record = Record(1) };

        await CommittedAsync(change);
        await CommittedAsync(change);

        Assert.Single(await History.ReadResultsAsync("a", null, 10, Cancellation));
    }

    [Fact]
    public async Task Commit_AnotherResultForTheSlot_IsToldTheFirstAndChangesNothing()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(1) });

        var outcome = await Store.CommitAsync(
            new StateChange
            {
                EndpointId = "a",
                Before = before,
                After = State(1),
                Record = Record(1, Down()),
                Transitions = [Transition("a", 1)],
            },
            Cancellation);

        Assert.Equal(CommitStatus.ResultExists, outcome.Status);
        AssertSame(Healthy(), outcome.Recorded);
        AssertSame(Healthy(), await Store.FindResultAsync("a", Slot(1), Location, Cancellation));
        var state = await StateOfAsync("a");
        AssertSame(before.State, state.State);
        Assert.Empty(state.Pending);
    }

    [Fact]
    public async Task Commit_OtherLocationsAndSlots_AreResultsOfTheirOwn()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(1) });
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(1, Down()) with { Location = "elsewhere" } });
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(2, Down()) });

        AssertSame(Healthy(), await Store.FindResultAsync("a", Slot(1), Location, Cancellation));
        AssertSame(Down(), await Store.FindResultAsync("a", Slot(1), "elsewhere", Cancellation));
        AssertSame(Down(), await Store.FindResultAsync("a", Slot(2), Location, Cancellation));
        Assert.Null(await Store.FindResultAsync("a", Slot(3), Location, Cancellation));
    }

    [Fact]
    public async Task Commit_ManyFromOneStateAtOnce_OneCommits()
    {
        var before = await NewEndpointAsync("a");

        var outcomes = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => Task.Run(() => Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, After = State(i), Transitions = [Transition("a", i)] }, Cancellation))));

        Assert.Single(outcomes, outcome => outcome.Status is CommitStatus.Committed);
        Assert.Equal(19, outcomes.Count(outcome => outcome.Status is CommitStatus.Conflict));
        var state = await StateOfAsync("a");
        var winner = 1 + Array.FindIndex(outcomes, outcome => outcome.Status is CommitStatus.Committed);
        AssertSame(State(winner), state.State);
        Assert.Equal(Transition("a", winner).Id, Assert.Single(state.Pending).Id);
    }

    [Fact]
    public async Task Commit_ManyResultsOfOneSlotAtOnce_TheFirstStandsAndIsToldToTheOthers()
    {
        var before = await NewEndpointAsync("a");

        var outcomes = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => Task.Run(() => Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, Record = Record(1, Healthy(totalMs: i)) }, Cancellation))));

        Assert.Single(outcomes, outcome => outcome.Status is CommitStatus.Committed);
        var stands = await Store.FindResultAsync("a", Slot(1), Location, Cancellation);
        Assert.All(
            outcomes.Where(outcome => outcome.Status is not CommitStatus.Committed),
            outcome =>
            {
                Assert.Equal(CommitStatus.ResultExists, outcome.Status);
                AssertSame(stands, outcome.Recorded);
            });
    }

    [Fact]
    public async Task Commit_Delete_RemovesEndpointAndStateAndKeepsWhatIsToBeDelivered()
    {
        var before = await NewEndpointAsync("a");
        await NewEndpointAsync("b");
        await CommittedAsync(new StateChange
        {
            EndpointId = "a",
            Before = before,
            After = State(1),
            DeleteEndpoint = true,
            Incidents = [Incident("a", 1, 2, Slot(2))],
            Transitions = [Transition("a", 1, 2, "ops")],
        });

        Assert.Null(await Store.ReadStateAsync("a", Cancellation));
        Assert.Null(await Endpoints.FindEndpointAsync("a", Cancellation));
        Assert.Equal("b", Assert.Single(await Endpoints.ListEndpointsAsync(Cancellation)).Endpoint.Id);
        AssertSame(Transition("a", 1, 2, "ops"), Assert.Single(await Store.ReadPendingAsync(10, Cancellation)));
        AssertSame(Incident("a", 1, 2, Slot(2)), Assert.Single(await History.ReadIncidentsAsync("a", null, 10, Cancellation)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commit_AfterADelete_IsGoneAndRecreatesNothing(bool withState)
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, DeleteEndpoint = true });

        var outcome = await Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, After = withState ? State(1) : null, Record = Record(1) }, Cancellation);

        Assert.Equal(CommitStatus.Gone, outcome.Status);
        Assert.Null(await Store.ReadStateAsync("a", Cancellation));
        Assert.Empty(await History.ReadOverviewAsync(Cancellation));
    }

    [Fact]
    public async Task Commit_FromBeforeADeleteAndANewCreation_Conflicts()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, DeleteEndpoint = true });
        var now = await NewEndpointAsync("a");

        var outcome = await Store.CommitAsync(new StateChange { EndpointId = "a", Before = before, After = State(1) }, Cancellation);

        Assert.Equal(CommitStatus.Conflict, outcome.Status);
        AssertSame(now.State, (await StateOfAsync("a")).State);
    }

    [Fact]
    public async Task Commit_DeleteFromAnOlderState_ConflictsAndDeletesNothing()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, After = State(1) });

        var outcome = await Store.CommitAsync(new StateChange { EndpointId = "a", Before = before, DeleteEndpoint = true }, Cancellation);

        Assert.Equal(CommitStatus.Conflict, outcome.Status);
        AssertSame(State(1), (await StateOfAsync("a")).State);
        Assert.NotNull(await Endpoints.FindEndpointAsync("a", Cancellation));
    }

    [Fact]
    public async Task FindResult_OfAProbeWithACatalog_HasNoSnapshot()
    {
        var before = await NewEndpointAsync("a");
        var snapshot = new Snapshot(
            "2025-11-25", new ServerDescription("s", "1", null, ReadOnlyMemory<byte>.Empty), StoreSamples.Catalog("{}"));
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(1, Healthy() with { Snapshot = snapshot }) });

        var found = await Store.FindResultAsync("a", Slot(1), Location, Cancellation);

        Assert.Null(found!.Snapshot);
        AssertSame(Healthy(), found);
    }

    [Fact]
    public async Task ReadCatalog_WrittenTwiceByTwoEndpoints_IsOneContent()
    {
        var catalog = StoreSamples.Catalog($$"""{"tools":["{{new string('x', 100_000)}}"]}""");
        foreach (var id in new[] { "a", "b" })
            await CommittedAsync(new StateChange { EndpointId = id, Before = await NewEndpointAsync(id), After = State(1), Catalog = catalog });

        var content = await Store.ReadCatalogAsync(catalog.Hashes.Hash, Cancellation);

        Assert.Equal(catalog.Canonical.ToArray(), content!.Value.ToArray());
        Assert.Null(await Store.ReadCatalogAsync("sha256:unknown", Cancellation));
    }

    [Fact]
    public async Task ReadDue_OfSeveralEndpoints_AreThoseWhoseTimeHasCome()
    {
        await NewEndpointAsync("never");
        foreach (var (id, due) in new[] { ("late", 1), ("now", 2), ("soon", 3) })
            await CommittedAsync(new StateChange { EndpointId = id, Before = await NewEndpointAsync(id), After = State(1) with { DueAt = Slot(due) } });

        Assert.Equal(["late", "now"], (await Store.ReadDueAsync(Slot(2), 10, Cancellation)).Order());
        Assert.Single(await Store.ReadDueAsync(Slot(2), 1, Cancellation));
        Assert.Empty(await Store.ReadDueAsync(Slot(1).AddTicks(-1), 10, Cancellation));
        Assert.Equal(Slot(2), (await StateOfAsync("now")).State.DueAt);

        // Transitions alone leave it as it is; a state without one ends it.
        await CommittedAsync(new StateChange { EndpointId = "now", Before = await StateOfAsync("now"), Transitions = [Transition("now", 1)] });
        await CommittedAsync(new StateChange { EndpointId = "late", Before = await StateOfAsync("late"), After = State(2) });
        Assert.Equal(["now"], await Store.ReadDueAsync(Slot(2), 10, Cancellation));

        await CommittedAsync(new StateChange { EndpointId = "now", Before = await StateOfAsync("now"), DeleteEndpoint = true });
        Assert.Empty(await Store.ReadDueAsync(Slot(2), 10, Cancellation));
    }

    [Fact]
    public async Task ReadPending_OfSeveralEndpoints_IsOldestFirstAndLimited()
    {
        var (a, b) = (await NewEndpointAsync("a"), await NewEndpointAsync("b"));
        await CommittedAsync(new StateChange { EndpointId = "b", Before = b, After = State(1), Transitions = [Transition("b", 1), Transition("b", 1, 2)] });
        await CommittedAsync(new StateChange { EndpointId = "a", Before = a, After = State(2), Transitions = [Transition("a", 2)] });

        var all = await Store.ReadPendingAsync(10, Cancellation);
        var two = await Store.ReadPendingAsync(2, Cancellation);

        Assert.Equal([Transition("b", 1).Id, Transition("b", 1, 2).Id, Transition("a", 2).Id], all.Select(each => each.Id));
        Assert.Equal(all.Take(2).Select(each => each.Id), two.Select(each => each.Id));
        Assert.Equal([Transition("a", 2).Id], (await StateOfAsync("a")).Pending.Select(each => each.Id));
    }

    [Fact]
    public async Task ClearPending_OnceAndAgain_ForgetsOnlyThese()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, After = State(1), Transitions = [Transition("a", 1), Transition("a", 1, 2)] });

        await Store.ClearPendingAsync([Transition("a", 1)], Cancellation);
        await Store.ClearPendingAsync([Transition("a", 1)], Cancellation);

        Assert.Equal(Transition("a", 1, 2).Id, Assert.Single(await Store.ReadPendingAsync(10, Cancellation)).Id);
        AssertSame(State(1), (await StateOfAsync("a")).State);
    }

    [Fact]
    public async Task ReadResults_Several_AreNewestFirstAndOlderThanAsked()
    {
        var before = await NewEndpointAsync("a");
        foreach (var slot in new[] { 2, 1, 4, 3 })
            await CommittedAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(slot) });

        var newest = await History.ReadResultsAsync("a", null, 3, Cancellation);
        var older = await History.ReadResultsAsync("a", new(Slot(3)), 3, Cancellation);

        Assert.Equal([Slot(4), Slot(3), Slot(2)], newest.Select(record => record.Slot));
        Assert.Equal([Slot(2), Slot(1)], older.Select(record => record.Slot));
        AssertSame(Healthy(), newest[0].Result);
        Assert.Equal(Location, newest[0].Location);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task ReadResults_PageByPageOverSeveralLocations_LosesNone(int size)
    {
        var before = await NewEndpointAsync("a");
        string[] locations = ["west", "home", "east-2", "east"];
        foreach (var slot in new[] { 0, 1, 2 })
        {
            foreach (var location in locations[..(slot == 1 ? 3 : 4)])
                await CommittedAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(slot) with { Location = location } });
        }

        var found = new List<ProbeRecord>();
        for (ResultCursor? after = null; found.Count <= 11;)
        {
            var page = await History.ReadResultsAsync("a", after, size, Cancellation);
            found.AddRange(page);
            if (page.Count < size)
                break;
            after = new ResultCursor(page[^1].Slot, page[^1].Location);
        }

        Assert.Equal(11, found.Count);
        Assert.Equal(11, found.Select(record => (record.Slot, record.Location)).Distinct().Count());
        Assert.Equal(found.Select(record => record.Slot).OrderDescending(), found.Select(record => record.Slot));
        // Without a location the whole slot lies before the cursor; with one that was never there it is a place all the same.
        Assert.Equal(7, (await History.ReadResultsAsync("a", new(Slot(2)), 20, Cancellation)).Count);
        Assert.InRange((await History.ReadResultsAsync("a", new(Slot(2), "nowhere"), 20, Cancellation)).Count, 8, 10);
    }

    [Fact]
    public async Task ReadEndpoints_PageByPage_AreAllThereWithTheirStates()
    {
        string[] ids = ["a", "a-b", "a.b", "aa", "b", "c9", "d"];
        foreach (var id in ids)
            await NewEndpointAsync(id);
        await CommittedAsync(new StateChange { EndpointId = "c9", Before = await StateOfAsync("c9"), After = State(2) });

        var found = new List<EndpointOverview>();
        IReadOnlyList<EndpointOverview> page;
        do
        {
            page = await History.ReadEndpointsAsync(found is [] ? null : found[^1].Registered.Endpoint.Id, 3, Cancellation);
            found.AddRange(page);
        }
        while (page.Count == 3);

        Assert.Equal(ids, found.Select(each => each.Registered.Endpoint.Id));
        Assert.Equal([Verdict.Down, Verdict.Unknown], new[] { found[5], found[0] }.Select(each => each.State.Verdict));
    }

    [Fact]
    public async Task ReadPublicOverview_ShowsWhatEverybodyMaySee()
    {
        foreach (var (id, visibility) in new[] { ("a", Visibility.Public), ("b", Visibility.Private), ("c", Visibility.Public), ("d", Visibility.Public) })
            await Endpoints.PutEndpointAsync(new RegisteredEndpoint(Endpoint(id) with { Visibility = visibility }, EndpointSource.Api), Cancellation);
        await CommittedAsync(new StateChange { EndpointId = "c", Before = await StateOfAsync("c"), After = State(2), Record = Record(2, Down()) });
        // Hidden now.
        await Endpoints.PutEndpointAsync(new RegisteredEndpoint(Endpoint("d"), EndpointSource.Api), Cancellation);

        var overview = await History.ReadPublicOverviewAsync(Cancellation);

        Assert.Equal(["a", "c"], overview.Select(each => each.Registered.Endpoint.Id));
        AssertSame(State(2), overview[1].State);
        AssertSame(Down(), overview[1].Last!.Result);
        Assert.Null(overview[0].Last);
    }

    [Fact]
    public async Task PutEndpoint_WatchedPeriod_IsKeptBesideTheDefinition()
    {
        var watched = new WatchedPeriod(Slot(1), Slot(2));
        await Endpoints.PutEndpointAsync(Registered("a") with { Watched = watched }, Cancellation);
        Assert.Equal(watched, (await Endpoints.FindEndpointAsync("a", Cancellation))!.Watched);

        await Endpoints.PutEndpointAsync(
            Registered("a") with { Endpoint = Endpoint("a") with { Name = "Resumed" }, Watched = new(Slot(3), null) }, Cancellation);
        await Endpoints.PutEndpointAsync(Registered("b"), Cancellation);
        await ReopenAsync();

        Assert.Equal([new(Slot(3), null), WatchedPeriod.Unknown], (await Endpoints.ListEndpointsAsync(Cancellation)).Select(each => each.Watched));
    }

    [Fact]
    public async Task ReadOverview_AfterAnEndpointWasDeletedAndCreatedAgain_ShowsNothingOfTheOldOne()
    {
        await CommittedAsync(new StateChange { EndpointId = "a", Before = await NewEndpointAsync("a"), Record = Record(1) });
        await CommittedAsync(new StateChange { EndpointId = "a", Before = await StateOfAsync("a"), DeleteEndpoint = true });
        await NewEndpointAsync("a");

        Assert.Null(Assert.Single(await History.ReadOverviewAsync(Cancellation)).Last);
    }

    [Fact]
    public async Task ReadOverview_ProbedAndNot_ShowsStateAndLastResult()
    {
        var before = await NewEndpointAsync("b");
        var unprobed = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "b", Before = before, After = State(2), Record = Record(2, Down()) });
        await CommittedAsync(new StateChange { EndpointId = "b", Before = before, Record = Record(1) });

        var overview = await History.ReadOverviewAsync(Cancellation);

        Assert.Equal(["a", "b"], overview.Select(each => each.Registered.Endpoint.Id));
        Assert.Null(overview[0].Last);
        AssertSame(unprobed.State, overview[0].State);
        Assert.Equal(Slot(2), overview[1].Last!.Slot);
        AssertSame(Down(), overview[1].Last!.Result);
        AssertSame(State(2), overview[1].State);
    }

    [Fact]
    public async Task ReadIncidents_WrittenAgain_AreReplacedById()
    {
        await CommittedAsync(new StateChange { EndpointId = "a", Before = await NewEndpointAsync("a"), After = State(1), Incidents = [Incident("a", 1)] });
        await CommittedAsync(new StateChange { EndpointId = "b", Before = await NewEndpointAsync("b"), After = State(2), Incidents = [Incident("b", 2)] });
        var resolved = Incident("a", 1, 2, Slot(5));
        await CommittedAsync(new StateChange { EndpointId = "a", Before = await StateOfAsync("a"), After = State(5), Incidents = [resolved, Incident("a", 3)] });

        var ofAll = await History.ReadIncidentsAsync(null, null, 10, Cancellation);
        var ofOne = await History.ReadIncidentsAsync("a", null, 10, Cancellation);
        var newest = await History.ReadIncidentsAsync(null, null, 1, Cancellation);

        Assert.Equal([Incident("a", 3).Id, Incident("b", 2).Id, resolved.Id], ofAll.Select(each => each.Id));
        Assert.Equal([Incident("a", 3).Id, resolved.Id], ofOne.Select(each => each.Id));
        AssertSame(resolved, ofOne[1]);
        Assert.Equal(Incident("a", 3).Id, Assert.Single(newest).Id);
    }

    [Fact]
    public async Task ReadDrift_Several_IsNewestFirst()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange { EndpointId = "a", Before = before, After = State(1), Drift = StoreSamples.Drift("a", 1) });
        await CommittedAsync(new StateChange { EndpointId = "a", Before = await StateOfAsync("a"), After = State(2), Drift = StoreSamples.Drift("a", 2) });

        Assert.Equal([Slot(2), Slot(1)], (await History.ReadDriftAsync("a", 10, Cancellation)).Select(each => each.At));
        Assert.Equal(Slot(2), Assert.Single(await History.ReadDriftAsync("a", 1, Cancellation)).At);
    }

    [Fact]
    public async Task WriteDelivery_OverAnOlderRow_ReplacesIt()
    {
        var incident = Incident("a", 1).Id;
        var delivered = Delivery(incident, 1, "ops", DeliveryStatus.Delivered);
        await Deliveries.WriteDeliveryAsync(Delivery(incident, 2, "ops"), Cancellation);
        await Deliveries.WriteDeliveryAsync(Delivery(incident, 1, "ops"), Cancellation);
        await Deliveries.WriteDeliveryAsync(Delivery(incident, 1, "mail"), Cancellation);
        await Deliveries.WriteDeliveryAsync(delivered, Cancellation);

        Assert.Equal(delivered, await Deliveries.FindDeliveryAsync(delivered.TransitionId, "ops", Cancellation));
        Assert.Null(await Deliveries.FindDeliveryAsync(delivered.TransitionId, "unknown", Cancellation));
        Assert.Equal(
            [(1, "mail"), (1, "ops"), (2, "ops")],
            (await History.ReadDeliveriesAsync(incident, Cancellation)).Select(row => (row.Sequence, row.Channel)));
    }

    [Fact]
    public async Task Open_Again_ShowsEverythingThatWasCommitted()
    {
        var before = await NewEndpointAsync("a");
        await CommittedAsync(new StateChange
        {
            EndpointId = "a",
            Before = before,
            After = State(1),
            Record = Record(1),
            Incidents = [Incident("a", 1)],
            Transitions = [Transition("a", 1)],
        });
        await Deliveries.WriteDeliveryAsync(Delivery(Incident("a", 1).Id, 1, "ops"), Cancellation);
        var was = await StateOfAsync("a");

        await ReopenAsync();

        var state = await StateOfAsync("a");
        AssertSame(State(1), state.State);
        Assert.Equal(Transition("a", 1).Id, Assert.Single(state.Pending).Id);
        AssertSame(Healthy(), await Store.FindResultAsync("a", Slot(1), Location, Cancellation));
        Assert.Single(await History.ReadIncidentsAsync(null, null, 10, Cancellation));
        Assert.Single(await History.ReadDeliveriesAsync(Incident("a", 1).Id, Cancellation));
        // What was read before can be committed after: the version lives in the store.
        await CommittedAsync(new StateChange { EndpointId = "a", Before = was, After = State(2) });
    }

    /// <summary>Equal as the engine's JSON: the records hold lists, which compare by reference.</summary>
    protected static void AssertSame<T>(T expected, T? actual)
    {
        var type = (JsonTypeInfo<T>)EngineJson.Default.GetTypeInfo(typeof(T))!;
        Assert.NotNull(actual);
        Assert.Equal(JsonSerializer.Serialize(expected, type), JsonSerializer.Serialize(actual, type));
    }

    private async Task<StoredState> NewEndpointAsync(string id)
    {
        await Endpoints.PutEndpointAsync(Registered(id), Cancellation);
        return await StateOfAsync(id);
    }

    private async Task<StoredState> StateOfAsync(string id)
    {
        var state = await Store.ReadStateAsync(id, Cancellation);
        Assert.NotNull(state);
        return state;
    }

    private async Task CommittedAsync(StateChange change) =>
        Assert.Equal(CommitStatus.Committed, (await Store.CommitAsync(change, Cancellation)).Status);
}
