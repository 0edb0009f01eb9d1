using CsCheck;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Text;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents;

/// <summary>
/// A catalogue that does not repeat. A step is a probe of one location: <c>a</c> is the baseline, any other letter another catalogue,
/// <c>x</c> a failed probe. Behind a colon stand the changes: <c>b u w i</c> for one of that class, the same in each catalogue;
/// <c>n</c> for a warning and <c>N</c> for a breaking one with another value in each. <c>*</c> is a hard finding. Then what it made,
/// as in <see cref="Watched"/>. A location other than the first is named before the letter: <c>B/b</c>.
/// </summary>
public class UnsettledTests
{
    private static readonly Endpoint Endpoint = Everything with { Alerts = new() { Suspicious = SuspicionAlert.Hard } };

    [Theory]
    [InlineData("a a b:n c:n d:n e:n f:n!d k:n", "five that differ from the baseline and from each other")]
    [InlineData("a a b:n c:n d:n e:n a a f:n k:n h:n i:n j:n!d", "a row begins anew when the baseline was seen twice")]
    [InlineData("a a b:n c:n d:n e:n f:n!d a a.d a", "it resolves when the baseline was")]
    [InlineData("a a b:n c:n d:n e:n f:n!d a b:n a b:n", "and not when it was seen once")]
    [InlineData("a a b:n x c:n x d:n e:n f:n!d", "a failed probe says nothing of the catalogue")]
    [InlineData("a b c a b c a b!d c a b", "three in turn, the baseline one of them: it is never twice the same")]
    [InlineData("a b a b a b a b a b a b a b", "two replicas in turn are a deployment")]
    [InlineData("a a b:n c:n d:n e:n f:n!d k:n k:n.d!d k:n", "when it is stable elsewhere, that is over and a drift of its own begins")]
    [InlineData("a b c d e f!d k k.d k", "a first catalogue that was never seen again is replaced by the first that is")]
    [InlineData("a b c d e f!d a a.d a", "or stays when it is")]
    [InlineData("a a b:n c:n b:n c:n b:n!d c:n", "two that are both not the baseline")]
    [InlineData("a a b:n c:n d:n e:n f:n!d accept k:n a a.d", "to accept does not make it stable")]
    [InlineData("a a b:n b:n!d c:n d:n e:n f:n k:n~d b:n b:n k:n", "after a drift it is told of once more, and the drift stays")]
    public void Judge_NeverTwiceTheSame_IsToldAsUnstable(string steps, string because) => Run(steps, Endpoint, because);

    [Theory]
    [InlineData("a a b:bn c:bn!d d:bn a a.d", "what breaks in both of two is there, whatever else moves")]
    [InlineData("a a b:un c:un!d", "so it is with what cannot be proved safe")]
    [InlineData("a a b:wn c:wn!d d:wn", "and with a warning")]
    [InlineData("a a b:in c:in d:in", "an info is too small for the policy")]
    [InlineData("a a b:N c:N!d", "something breaks at the same place, with another value each time")]
    [InlineData("a a b:n c:n", "a text that is another one each time lasts not")]
    [InlineData("a a b:bn c:n d:bn e:n", "what is in every second one neither, until it is told as unstable")]
    [InlineData("a a b:bn a b:bn a b:bn a", "nor what one of two replicas has")]
    [InlineData("a a b:bn a c:bn a", "whatever its counter says")]
    [InlineData("a a b:bn c:bn!d d:bwn e:bwn~d", "more that lasts is news")]
    [InlineData("a a b:bn c:bn!d d:bn e:bn f:bn~d k:bn", "after five it is told that it moves, too")]
    [InlineData("a a b:bn c:bn!d d:bn d:bn~d", "and when it is stable at last, what it is then")]
    [InlineData("a b:bn c:bn d:bn", "against a first catalogue that was seen once nothing is known to last")]
    [InlineData("a b:b a a c:bn d:bn!d", "until it was seen twice")]
    public void Judge_WhatLasts_IsJudgedAtOnce(string steps, string because) => Run(steps, Endpoint, because);

    [Theory]
    [InlineData("a a b:n* c:n*!s d:n* a a.s", "twice in a row, whatever the hash")]
    [InlineData("a a b:n* c:n d:n*", "once is not enough")]
    [InlineData("a a b:n* c:n*!s d:n e:n.s", "gone twice in a row, gone")]
    [InlineData("a a b:n* c:n*!s d:n e:n* f:n*!d", "gone once, not")]
    [InlineData("a a b:* a b:*!s a b:* a a.s", "one of two replicas is enough, and does not open and resolve in turns")]
    [InlineData("a*!s b:n* c:n* d:n* e:n* f:n*!d", "one that was there from the first look stays open")]
    [InlineData("a a b:n* accept c:n* d:n*!s", "what was seen before somebody accepted is no evidence")]
    public void Judge_Findings_CountTwiceInARow(string steps, string because) => Run(steps, Endpoint, because);

    [Theory]
    [InlineData(2, "a a b:n c:n!d")]
    [InlineData(3, "a a b:n c:n d:n!d")]
    [InlineData(null, "a a b:n c:n d:n e:n f:n k:n h:n")]
    public void Judge_UnstableAfter_IsThePolicys(int? after, string steps) =>
        Run(steps, Endpoint with { Alerts = new() { UnstableAfter = after } }, "the policy says when");

    [Theory]
    [InlineData(DriftAlert.Breaking, DriftPolicy.Review, "a a b:wn c:wn d:wn e:wn f:wn!d", "a warning is too small, that it is unstable is not")]
    [InlineData(DriftAlert.Breaking, DriftPolicy.Review, "a a b:bn c:bn!d", "a break is told")]
    [InlineData(DriftAlert.Info, DriftPolicy.Review, "a a b:in c:in!d", "an info where it is asked for")]
    [InlineData(DriftAlert.Never, DriftPolicy.Review, "a a b:bn c:bn d:bn e:bn f:bn k:bn", "nothing of it where nobody wants to know")]
    [InlineData(DriftAlert.Warning, DriftPolicy.AcceptCompatible, "a a b:wn c:wn d:wn", "what would be accepted waits for its second look")]
    [InlineData(DriftAlert.Warning, DriftPolicy.AcceptCompatible, "a a b:bn c:bn!d", "what would not, does not")]
    [InlineData(DriftAlert.Warning, DriftPolicy.AcceptCompatible, "a a b:wn c:wn d:wn e:wn f:wn!d k:w k:w.d", "and settles as what is accepted")]
    public void Judge_Policy_DecidesWhatIsTold(DriftAlert alert, DriftPolicy policy, string steps, string because) =>
        Run(steps, Endpoint with { DriftPolicy = policy, Alerts = new() { Drift = alert } }, because);

    [Theory]
    [InlineData("A/a B/a A/a B/a A/b:b B/a A/b:b!d B/a A/b B/a A/a B/a A/a.d", "at one location of two; the other one does not resolve it")]
    [InlineData("A/a B/a A/b:b B/b:b A/b:b!d B/b A/b B/a B/a A/b A/a A/a.d", "it is over when the last one is back")]
    [InlineData("A/a B/a A/b:b B/c:b A/b:b!d B/c:b~d A/b B/c A/b B/c", "two drifts do not take turns")]
    [InlineData("A/a B/a A/b:b B/c:b A/b:b!d B/c:b~d B/a B/a accept.d B/a B/a!d", "what is accepted is what a location still has")]
    [InlineData("A/a B/a A/b:n B/a A/c:n B/a A/d:n B/a A/e:n B/a A/f:n!d B/a A/k:n B/a A/a A/a.d", "nor does a quiet location hide a moving one")]
    [InlineData("A/a B/a A/b:b* B/a A/b:b*!d!s B/a A/b* B/a A/b* A/a B/a A/a.d.s", "nor resolve what another one reads")]
    [InlineData("A/a B/a A/b:b B/b:b A/a B/a", "one look each is none")]
    public void Judge_Locations_HaveACatalogueEach(string steps, string because) => Run(steps, Endpoint, because);

    [Fact]
    public void Judge_Unstable_NamesThePlacesThatKeepChanging()
    {
        var watched = Run("a a b:n c:n d:n e:n f:n!d", Endpoint, "it does");

        var opened = Assert.Single(watched.Told);
        Assert.Equal(IncidentRules.CatalogUnstable, opened.Incident.Rule);
        Assert.Equal("The catalogue does not repeat: 5 probes saw others than before, and none of them twice in a row. It keeps changing at echo '/description'.", opened.Incident.Summary);
        Assert.Equal("/description", Assert.Single(opened.Changes).Path);
        Assert.True(watched.State.UnstableTold);
        Assert.Equal(5, watched.State.SeenAt("A")!.Unsettled!.Unlike);
    }

    [Fact]
    public void Judge_UnstableWithoutContents_SaysThatThePlacesAreNotKnown()
    {
        var watched = Run("a a b c d e f!d", Endpoint, "it does");

        Assert.EndsWith("Where it changes is not known: the catalogue it is compared with is not stored any more.", watched.Told[0].Incident.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_ManyPlaces_NamesTheFirst()
    {
        var watched = Run("a a", Endpoint, "it should");
        for (var probe = 0; probe < 5; probe++)
        {
            Change[] changes = [.. Enumerable.Range(0, 150).Select(i => Changed(ChangeClass.Warning, $"some-rule", $"tool{i:000}", $"{probe}"))];
            Probe(watched, "A", (char)('b' + probe), changes, []);
        }

        var row = watched.State.SeenAt("A")!.Unsettled!;
        Assert.Equal(10, row.Places.Count);
        Assert.Equal("tool009 '/description'", row.Places[^1]);
        Assert.InRange(row.Changes.Count, 1, ChangeKeys.Most + 1);
        Assert.InRange(System.Text.Json.JsonSerializer.Serialize(watched.State, EngineJson.Default.EndpointState).Length, 1, 8_000);
    }

    [Theory]
    [InlineData("a a b:bn c:bn!d", IncidentRules.CatalogChangedBreaking)]
    [InlineData("a a b:un c:un!d", IncidentRules.CatalogChangedUnknown)]
    [InlineData("a a b:wn c:wn!d", IncidentRules.CatalogChangedWarning)]
    [InlineData("a a b:bn c:bn!d d:bwn e:bwn~d", IncidentRules.CatalogChangedAgain)]
    [InlineData("a a b:bn c:bn!d d:bn e:bn f:bn~d", IncidentRules.CatalogUnstable)]
    [InlineData("a a b:n c:n d:n e:n f:n!d a a.d", IncidentRules.BaselineReturned)]
    [InlineData("a a b:n c:n d:n e:n f:n!d accept k:n a a.d", IncidentRules.BaselineReturned)]
    [InlineData("a b c d e f!d k k.d", IncidentRules.CatalogStable)]
    public void Judge_LastTransition_NamesItsRule(string steps, string rule) =>
        Assert.Equal(rule, Run(steps, Endpoint, "it does").Told[^1].Incident.Rule);

    [Fact]
    public void Judge_StableElsewhere_ResolvesAndOpensInOneGo()
    {
        var watched = Run("a a b:n c:n d:n e:n f:n!d k:b k:b.d!d", Endpoint, "it does");

        Assert.Equal([IncidentRules.CatalogUnstable, IncidentRules.CatalogStable, IncidentRules.CatalogChangedBreaking], watched.Rules);
        Assert.Equal(3, watched.Told.Select(each => each.Id).Distinct().Count());
        Assert.False(watched.State.UnstableTold);
    }

    [Fact]
    public void Judge_WhatLasts_CarriesOnlyThat()
    {
        var opened = Run("a a b:bn c:bn!d", Endpoint, "it does").Told[0];

        Assert.Equal(ChangeClass.Breaking, Assert.Single(opened.Changes).Class);
        Assert.Equal("The catalogue is another one in each probe, and has this in common (1 breaking): It changed.", opened.Incident.Summary);
    }

    [Theory]
    [InlineData("A/a B/a A/b:b B/a A/b:b!d", "At 1 of 2 locations (A): The catalogue changed (1 breaking): It changed.")]
    [InlineData("A/a B/a A/b:b B/b:b A/b:b!d", "The catalogue changed (1 breaking): It changed.")]
    [InlineData("A/a B/a C/a A/b:b B/a C/b:b C/b:b!d", "At 2 of 3 locations (A, C): The catalogue changed (1 breaking): It changed.")]
    [InlineData("A/a A/b:b A/b:b!d", "The catalogue changed (1 breaking): It changed.")]
    public void Judge_Locations_AreNamedWhereNotAllSeeIt(string steps, string summary) =>
        Assert.Equal(summary, Run(steps, Endpoint, "it does").Told[0].Incident.Summary);

    [Fact]
    public void Judge_ALocationThatNoLongerReports_HoldsNothingUp()
    {
        var watched = Run("A/a B/a A/b:b A/b:b!d", Endpoint, "it does");

        foreach (var _ in Enumerable.Range(0, 2))
        {
            watched.Now += watched.Endpoint.Interval;
            Assert.Empty(watched.Judge(watched.Observe(watched.Now, "B", Result('a', watched.Now))));
        }

        watched.Now += watched.Endpoint.Interval;
        var told = Assert.Single(watched.Judge(watched.Observe(watched.Now, "B", Result('a', watched.Now))));

        Assert.Equal((TransitionType.Resolved, IncidentRules.BaselineReturned), (told.Type, told.Incident.Rule));
        // It is back with what it had: that is told anew.
        Run("A/b:b A/b:b!d", watched);
    }

    [Fact]
    public void Judge_Maintenance_HoldsItBackAndTellsWhatStandsAfterIt()
    {
        var watched = Run("a a b:bn", Endpoint, "it does");
        watched.Judge(new MaintenanceChanged(watched.Now, new AdHocMaintenance(watched.Now, watched.Now + TimeSpan.FromMinutes(4.5), "Ann", null)));
        Run("c:bn d:bn e:bn f:bn k:bn!d~d h:bn", watched);
        watched.Judge(new MaintenanceChanged(watched.Now, new AdHocMaintenance(watched.Now, watched.Now + TimeSpan.FromMinutes(3.5), "Ann", null)));
        Run("i:b i:b i:b", watched);
        Assert.True(watched.State.UnstableTold);

        // A probe after it tells: stable again, and still another one than the baseline.
        watched.Now += TimeSpan.FromMinutes(1);
        Assert.Equal(
            [IncidentRules.CatalogStable, IncidentRules.CatalogChangedBreaking],
            Probe(watched, "A", 'i', [Changed(ChangeClass.Breaking, "some-rule", "echo", "")], []).Select(each => each.Incident.Rule));
    }

    [Fact]
    public void Judge_PolicyEdited_EndsWhatItNoLongerAsksFor()
    {
        var watched = Run("a a b:n c:n d:n e:n f:n!d", Endpoint, "it does");

        watched.Endpoint = Endpoint with { Alerts = new() { UnstableAfter = 50 } };
        Run("k:n.d h:n", watched);
        watched.Endpoint = Endpoint;
        Run("i:n!d", watched);
        watched.Endpoint = Endpoint with { Alerts = new() { Drift = DriftAlert.Never } };
        Run("j:n.d k:n", watched);
        watched.Endpoint = Endpoint;
        Run("l:n!d", watched);
    }

    [Fact]
    public void Judge_SeenAgain_IsWrittenOnce()
    {
        var watched = Run("a", Endpoint, "it does");
        Assert.True(watched.State.Baseline!.Value.Reference.Provisional);

        Run("a", watched);
        Assert.False(watched.State.Baseline!.Value.Reference.Provisional);

        var known = watched.State;
        Run("a a", watched);
        Assert.Same(known, watched.State);
    }

    [Fact]
    public void Judge_Closed_ForgetsTheRows()
    {
        var watched = Run("a a b:n c:n d:n e:n f:n!d", Endpoint, "it does");

        watched.Judge(new EndpointClosed(watched.Now, IncidentRules.EndpointPaused));

        Assert.Empty(watched.State.Catalogs);
        Assert.False(watched.State.UnstableTold);
        Assert.Null(watched.State.Candidate);
    }

    [Fact]
    public void Candidate_IsTheNewestOfAllLocations()
    {
        var watched = Run("A/a B/a A/b:w B/c:w", Endpoint, "it does");
        Assert.Equal("sha256:c", watched.State.Candidate?.Hash);

        Run("B/a", watched);
        Assert.Equal("sha256:b", watched.State.Candidate?.Hash);
    }

    /// <summary>
    /// Whatever a server shows: a row of catalogues that never repeats for long enough is open, and a calm one is not; and nothing is
    /// told of one that shows the baseline at least at every second probe, and one other catalogue between.
    /// </summary>
    [Fact]
    public void Judge_AnySequence_EndsOpenWhenItMovesAndClosedWhenItIsCalm() =>
        Gen.Select(Gen.Char['a', 'e'].Array[0, 40], Gen.Bool, Gen.Bool.Array[40]).Sample((letters, moves, locations) =>
        {
            var watched = Run("A/a B/a A/a B/a", Endpoint, "it should");
            for (var i = 0; i < letters.Length; i++)
                Probe(watched, locations[i] ? "A" : "B", letters[i], letters[i] is 'a' ? null : Changes("wn", letters[i]), []);
            for (var i = 0; i < 12; i++)
            {
                foreach (var location in new[] { "A", "B" })
                    Probe(watched, location, moves ? (char)('f' + i) : 'a', moves ? Changes("n", (char)('f' + i)) : null, []);
            }

            Assert.Equal(moves, watched.State.OpenIncidents.Any(incident => incident.Kind is IncidentKind.Drift));
            if (!moves)
            {
                Assert.Empty(watched.State.Catalogs);
                Assert.Null(watched.State.Drifted);
                Assert.False(watched.State.UnstableTold);
            }
        });

    [Fact]
    public void Judge_TwoReplicasInAnyOrder_AreToldOnlyWhenOneIsSeenTwice() =>
        Gen.Bool.Array[0, 60].Sample(other =>
        {
            var watched = Run("a a", Endpoint, "it should");
            var twice = false;
            for (var i = 0; i < other.Length; i++)
            {
                twice |= i > 0 && other[i] && other[i - 1];
                Probe(watched, "A", other[i] ? 'b' : 'a', other[i] ? Changes("b", 'b') : null, []);
                Assert.Equal(twice, watched.Told.Count > 0);
            }
        });

    private static Watched Run(string steps, Endpoint endpoint, string because) => Run(steps, new Watched(endpoint), because);

    private static Watched Run(string steps, Watched watched, string because = "it should")
    {
        var seen = new List<string>();
        foreach (var step in steps.Split(' '))
        {
            var word = step.Split('!', '~', '.')[0];
            seen.Add(word + string.Concat(Happen(watched, word).Select(Written)));
        }

        Assert.True(steps == string.Join(' ', seen), $"{because}: {string.Join(' ', seen)}");
        return watched;
    }

    private static IReadOnlyList<Transition> Happen(Watched watched, string word)
    {
        if (word == "accept")
            return watched.Judge(new BaselineAccepted(watched.Now, "Ann"));
        var location = word is [_, '/', ..] ? word[..1] : "A";
        var what = word is [_, '/', ..] ? word[2..] : word;
        var suspicious = what.EndsWith('*');
        what = what.TrimEnd('*');
        Finding[] findings = suspicious ? [new(FindingLevel.Hard, "tag-character", "echo", "/description", "Hidden.")] : [];
        return Probe(watched, location, what[0], what.Length > 2 ? Changes(what[2..], what[0]) : null, findings);
    }

    private static IReadOnlyList<Transition> Probe(Watched watched, string location, char letter, Change[]? changes, Finding[] findings)
    {
        watched.Now += watched.Endpoint.Interval;
        return watched.Judge(watched.Observe(watched.Now, location, Result(letter, watched.Now) with { Findings = findings }, changes));
    }

    private static Change[] Changes(string kinds, char letter) =>
    [
        .. kinds.Select(kind => kind switch
        {
            'b' => Changed(ChangeClass.Breaking, "input-required-added", "echo", "same"),
            'u' => Changed(ChangeClass.Unknown, "input-constraint-added", "echo", "same"),
            'w' => Changed(ChangeClass.Warning, "title-changed", "echo", "same"),
            'i' => Changed(ChangeClass.Info, "input-property-added", "echo", "same"),
            'N' => Changed(ChangeClass.Breaking, "input-bound-tightened", "echo", $"{letter}"),
            _ => Changed(ChangeClass.Warning, "description-changed", "echo", $"{letter}"),
        }).OrderByDescending(change => change.Class),
    ];

    private static Change Changed(ChangeClass level, string rule, string tool, string value) =>
        new(level, rule, tool, rule is "description-changed" or "some-rule" ? "/description" : "/inputSchema", null, System.Text.Json.JsonSerializer.SerializeToElement(value, EngineJson.Default.String), "It changed.");

    private static string Written(Transition transition) =>
        (transition.Type switch { TransitionType.Opened => "!", TransitionType.Reminded => "~", TransitionType.Escalated => "^", _ => "." })
        + WireNames.Of(transition.Incident.Kind)[0];
}
