using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Incidents.Rules;

/// <summary>Another definition: what is watched, or only how.</summary>
public class DefinitionTests
{
    private const string Everywhere = "a b b!d x x x!o";

    private static readonly Endpoint Elsewhere = Everything with { Url = new Uri("https://127.0.0.1:3002/mcp") };

    public static TheoryData<string, Endpoint, bool> Changes => new()
    {
        { "another path", Everything with { Url = new Uri("https://127.0.0.1:3001/other") }, true },
        { "another instance", Everything with { ConnectTo = "127.0.0.2:443" }, true },
        { "a command", Everything with { Url = null, Command = ["node", "server.js"] }, true },
        { "the same in other letters", Everything with { Url = new Uri("HTTPS://127.0.0.1:3001/mcp") }, false },
        { "interval", Everything with { Interval = TimeSpan.FromSeconds(5) }, false },
        { "thresholds", Everything with { FailureThreshold = 1, SuccessThreshold = 1 }, false },
        { "channels", Everything with { Channels = ["others"] }, false },
        { "name and group", Everything with { Name = "Everything", Group = "g" }, false },
        { "credentials", Everything with { Bearer = "${env:TOKEN}" }, false },
        { "quorum", Everything with { Alerts = new() { Quorum = 1 } }, false },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Judge_Defined_ClosesWhatIsOpenWhereAnotherServerIsWatched(string change, Endpoint after, bool closes)
    {
        var watched = Known(Everywhere);
        var before = watched.State;

        var told = Define(watched, after);

        Assert.Equal(closes ? [IncidentRules.TargetChanged, IncidentRules.TargetChanged] : [], told.Select(each => each.Incident.Rule));
        Assert.All(told, each => Assert.Equal(TransitionType.Resolved, each.Type));
        Assert.True(closes == (watched.State.Baseline is null), change);
        Assert.Equal(closes ? 0 : 2, watched.State.OpenIncidents.Count);
        if (!closes)
            Assert.Equal((before.Drifted, before.Verdict, before.Since), (watched.State.Drifted, watched.State.Verdict, watched.State.Since));
    }

    [Fact]
    public void Judge_AnotherTarget_StartsWithNothingOfTheOldOne()
    {
        var watched = Known("m1h a a b x g s").State with
        {
            Suspicion = new("2025-11-25", "sha256:a", "set"),
            Shadowing = new("sha256:a", []),
            Certificate = new(7, 1),
            Regression = new(Start, 400, 20, 200, 200),
            Outages = new([Start], Down: true, Untold: 3),
        };
        var maintenance = watched.Maintenance;

        var after = IncidentMachine.Judge(watched, new EndpointDefined(Start.AddMinutes(10), 2), Elsewhere).State;

        var expected = EndpointState.New with
        {
            Generation = 2,
            Target = WatchedTarget.Of(Elsewhere),
            Channels = Elsewhere.Channels,
            TargetSince = Start.AddMinutes(10),
            Since = Start.AddMinutes(10),
            // Somebody asked for it, for the endpoint by its name; and no id is used twice.
            Maintenance = maintenance,
            LastTransitions = watched.LastTransitions,
        };
        Assert.NotNull(maintenance);
        Assert.Equal(Json(expected), Json(after));
    }

    [Fact]
    public void Judge_SlotsUpToTheChange_AreNotJudgedByTheNewDefinition()
    {
        var watched = Known("a a");
        Define(watched, Elsewhere);
        var since = watched.Now;

        Assert.True(IncidentMachine.IsJudged(watched.State, "local", since));
        Assert.True(IncidentMachine.IsJudged(watched.State, "elsewhere", since.AddMinutes(-1)));
        Assert.False(IncidentMachine.IsJudged(watched.State, "local", since.AddTicks(1)));
        watched.Expect("b b b", "its first catalogue is its baseline");
        Assert.Equal("sha256:b", watched.State.Baseline?.Reference.Hash);
    }

    [Theory]
    [InlineData("x x x x", 2, "x!o")] // two more than the new threshold asks for opened nothing before
    [InlineData("x x x x", 2, "+ x x!o")]
    [InlineData("s s s s", 2, "s!l")]
    [InlineData("s s s s", 2, "t10m + s s!l")]
    [InlineData("+ g g g g", 2, "g!g")]
    [InlineData("x x x x", 1, "? t10m ? x!o")]
    public void Judge_SmallerThreshold_OpensNothingByItself(string steps, int threshold, string then)
    {
        var watched = Known(steps, Everything with { FailureThreshold = 5 });

        Assert.Empty(Define(watched, Everything with { FailureThreshold = threshold }));
        Assert.Empty(watched.Judge(new TimePassed(watched.Now)));

        watched.Expect(then);
    }

    [Fact]
    public void Judge_ThresholdsChangedWhileOpen_IsNoRecovery()
    {
        var watched = Known("x x x!o");
        Define(watched, Everything with { FailureThreshold = 1, SuccessThreshold = 3 });
        watched.Expect("+ + +.o");

        var some = Known("[x+] [x+] [x+]!l");
        Define(some, Everything with { FailureThreshold = 1 });
        some.Expect("[x+] [++] [++].l");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Judge_Paused_ClosesAndKeepsTheBaselineUnlessTheTargetChangesToo(bool moves)
    {
        var watched = Known(Everywhere);

        var told = Define(watched, (moves ? Elsewhere : Everything) with { Paused = true });

        Assert.Equal([IncidentRules.EndpointPaused, IncidentRules.EndpointPaused], told.Select(each => each.Incident.Rule));
        Assert.Equal(moves, watched.State.Baseline is null);
    }

    [Fact]
    public void Judge_OlderOrTheSameGeneration_ChangesNothing()
    {
        var watched = Known(Everywhere);
        Define(watched, Everything with { Name = "Everything" });
        var state = watched.State;
        watched.Endpoint = Elsewhere;

        Assert.Empty(watched.Judge(new EndpointDefined(watched.Now, state.Generation)));
        Assert.Empty(watched.Judge(new EndpointDefined(watched.Now, state.Generation - 1)));

        Assert.Same(state, watched.State);
    }

    [Fact]
    public void Judge_StateOfAnOlderVersion_TakesTheWordOfWhoKnewTheDefinitionBefore()
    {
        var kept = new Watched(Everything).Expect(Everywhere);
        Assert.Empty(kept.Judge(new EndpointDefined(kept.Now, 1)));

        var same = new Watched(Everything).Expect(Everywhere);
        Assert.Empty(same.Judge(new EndpointDefined(same.Now, 1, WatchedTarget.Of(Everything))));

        var moved = new Watched(Everything).Expect(Everywhere);
        moved.Endpoint = Elsewhere;
        Assert.Equal(2, moved.Judge(new EndpointDefined(moved.Now, 1, WatchedTarget.Of(Everything))).Count);
    }

    [Fact]
    public void Judge_AnotherTargetInAMaintenance_IsNotHeldBack()
    {
        var watched = Known("x x x!o m1h");

        Assert.Equal([IncidentRules.TargetChanged], Define(watched, Elsewhere).Select(each => each.Incident.Rule));
    }

    private static Watched Known(string steps, Endpoint? endpoint = null) =>
        new Watched(endpoint ?? Everything) { State = EndpointState.Of(endpoint ?? Everything, 1) }.Expect(steps);

    private static IReadOnlyList<Transition> Define(Watched watched, Endpoint endpoint)
    {
        watched.Endpoint = endpoint;
        return watched.Judge(new EndpointDefined(watched.Now, watched.State.Generation + 1));
    }

    private static string Json(EndpointState state) => System.Text.Json.JsonSerializer.Serialize(state, EngineJson.Default.EndpointState);
}
