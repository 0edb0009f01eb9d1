using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents.Rules;

/// <summary>
/// Which drift opens an incident. A step is a catalogue and the class of its worst change: <c>i w u b</c>; then what it made.
/// </summary>
public class CatalogAlertTests
{
    [Theory]
    [InlineData(DriftAlert.Info, "a bi bi!", "catalog-changed-info")]
    [InlineData(DriftAlert.Warning, "a bi bi cw cw! cw", "catalog-changed-warning")]
    [InlineData(DriftAlert.Warning, "a bw bw!", "catalog-changed-warning")]
    [InlineData(DriftAlert.Breaking, "a bw bw bw", "")]
    [InlineData(DriftAlert.Breaking, "a bu bu!", "catalog-changed-unknown")]
    [InlineData(DriftAlert.Breaking, "a bw bw cb cb! db db~", "catalog-changed-breaking catalog-changed-again")]
    [InlineData(DriftAlert.Breaking, "a bb bb! cw cw. db db!", "catalog-changed-breaking drift-within-policy catalog-changed-breaking")]
    [InlineData(DriftAlert.Breaking, "a bb bb! a a.", "catalog-changed-breaking baseline-returned")]
    [InlineData(DriftAlert.Never, "a bb bb cb cb", "")]
    public void Judge_Classes_OpenByThePolicy(DriftAlert policy, string steps, string rules)
    {
        var watched = new Watched(Everything with { Alerts = new() { Drift = policy } });
        var seen = new List<string>();
        foreach (var step in steps.Split(' '))
        {
            var word = step.TrimEnd('!', '~', '.');
            seen.Add(word + string.Concat(Probe(watched, word).Select(each => each.Type switch { TransitionType.Opened => '!', TransitionType.Resolved => '.', _ => '~' })));
        }

        Assert.Equal(steps, string.Join(' ', seen));
        Assert.Equal(rules, string.Join(' ', watched.Rules));
    }

    [Fact]
    public void Judge_SmallDrift_IsRecordedAndRemembered()
    {
        var watched = new Watched(Everything);
        foreach (var word in new[] { "a", "bi", "bi" })
            Probe(watched, word);

        Assert.Empty(watched.Told);
        Assert.Equal("sha256:b", watched.State.Drifted?.Hash);
        Assert.Equal(ChangeClass.Info, watched.State.Drifted?.Class);
        Assert.False(IncidentMachine.WantsChanges(watched.State, watched.Endpoint, watched.Now, watched.Now));

        // The policy is edited: now it is worth an incident, whose changes are wanted.
        watched.Endpoint = Everything with { Alerts = new() { Drift = DriftAlert.Info } };
        Assert.True(IncidentMachine.WantsChanges(watched.State, watched.Endpoint, watched.Now, watched.Now));
        Assert.Equal(IncidentRules.CatalogChangedInfo, Assert.Single(Probe(watched, "bi")).Incident.Rule);
        Assert.False(IncidentMachine.WantsChanges(watched.State, watched.Endpoint, watched.Now, watched.Now));
    }

    [Fact]
    public void Judge_DriftConfirmedInMaintenance_IsToldByTheNextProbeAfterIt()
    {
        var watched = new Watched(Everything);
        Probe(watched, "a");
        watched.Expect("m10m");
        Assert.Empty(Probe(watched, "bb"));
        Assert.Empty(Probe(watched, "bb"));
        Assert.True(watched.State.Drifted!.Untold);
        Assert.False(IncidentMachine.WantsChanges(watched.State, watched.Endpoint, watched.Now, watched.Now));

        watched.Expect("t8m");
        Assert.True(IncidentMachine.WantsChanges(watched.State, watched.Endpoint, watched.Now, watched.Now));
        var opened = Assert.Single(Probe(watched, "bb"));
        Assert.Equal(IncidentRules.CatalogChangedBreaking, opened.Incident.Rule);
        Assert.Single(opened.Changes);
        Assert.Empty(Probe(watched, "bb"));
    }

    [Theory]
    [InlineData("a b b!d m10m accept t10m.d b b", IncidentRules.BaselineAccepted)]
    [InlineData("a b b!d m10m a a t8m.d a", IncidentRules.BaselineReturned)]
    [InlineData("a b b!d m10m a a c c t6m c~d", IncidentRules.CatalogChangedAgain)]
    public void Judge_DriftThatGoesOnInMaintenance_IsToldAfterIt(string steps, string rule)
    {
        var watched = new Watched(Everything).Expect(steps);

        Assert.Equal(rule, watched.Told[^1].Incident.Rule);
    }

    [Fact]
    public void Judge_Confirmed_HasNoCandidateAnyMore()
    {
        var watched = new Watched(Everything).Expect("a b b!d");
        Assert.Equal((null, "sha256:b"), (watched.State.Candidate, watched.State.Drifted?.Hash));

        watched.Expect("a a.d");
        Assert.Equal((null, null), (watched.State.Candidate, watched.State.Drifted));
    }

    [Fact]
    public void Judge_SwitchedOffAndOnAgain_IsToldAnewAlsoBesideAnotherIncident()
    {
        var watched = new Watched(Everything).Expect("a b b!d x x x!o");
        watched.Endpoint = Everything with { Alerts = new() { Drift = DriftAlert.Never } };
        watched.Expect("t1m.d");
        Assert.False(watched.State.Drifted!.Untold);

        watched.Endpoint = Everything;
        Assert.True(IncidentMachine.WantsChanges(watched.State, Everything, watched.Now, watched.Now));
        watched.Expect("x!d");
        Assert.False(IncidentMachine.WantsChanges(watched.State, Everything, watched.Now, watched.Now));
    }

    [Fact]
    public void Judge_Told_SaysHowManyOfEachClassWorstFirst()
    {
        var watched = new Watched(Everything).Expect("a b");
        watched.Now += Everything.Interval;
        Change[] changes = [Of(ChangeClass.Breaking, "It is gone."), Of(ChangeClass.Info, "It is new."), Of(ChangeClass.Info, "It is new, too.")];

        var opened = Assert.Single(watched.Judge(watched.Observe(watched.Now, "local", Result('b', watched.Now), changes)));

        Assert.Equal("The catalogue changed (1 breaking, 2 info): It is gone.", opened.Incident.Summary);
        watched.Expect("c");
        watched.Now += Everything.Interval;
        var again = Assert.Single(watched.Judge(watched.Observe(watched.Now, "local", Result('c', watched.Now), [Of(ChangeClass.Unknown, "Who knows.")])));
        Assert.Equal("The catalogue changed (1 unknown): Who knows.", again.Incident.Summary);
        Assert.Equal(
            "The catalogue changed; the baseline's content is not stored any more, so the changes are not known.",
            new Watched(Everything).Expect("a b b!d").Told[0].Incident.Summary);
    }

    [Fact]
    public void WantsChanges_OfAThirdCatalogInAMaintenance_AfterItAlsoWhereAnIncidentIsOpen()
    {
        var watched = new Watched(Everything).Expect("a b b!d m10m c c");
        Assert.False(IncidentMachine.WantsChanges(watched.State, Everything, watched.Now, watched.Now));

        Assert.True(IncidentMachine.WantsChanges(watched.State, Everything, watched.Now.AddMinutes(10), watched.Now.AddMinutes(10)));
    }

    [Fact]
    public void Judge_ManyChanges_CarriesTheFirst()
    {
        var watched = new Watched(Everything).Expect("a b");
        watched.Now += Everything.Interval;
        var many = Enumerable.Range(0, Transition.MostChanges + 1).Select(i => Of(ChangeClass.Breaking, $"{i}")).ToArray();

        Assert.Equal(many[..^1], Assert.Single(watched.Judge(watched.Observe(watched.Now, "local", Result('b', watched.Now), many))).Changes);
    }

    [Theory]
    [InlineData("a accept b b!d a a.d", IncidentRules.BaselineReturned)]
    [InlineData("a b b!d accept.d", IncidentRules.BaselineAccepted)]
    public void Judge_End_SaysWhy(string steps, string rule) =>
        Assert.Equal(rule, new Watched(Everything).Expect(steps).Told[^1].Incident.Rule);

    [Fact]
    public void Judge_RepairedUnderAcceptCompatible_EndsByPolicyButNotWithABreakAmongTheChanges()
    {
        var watched = new Watched(Everything with { DriftPolicy = DriftPolicy.AcceptCompatible });
        foreach (var word in new[] { "a", "bb", "bb", "c" })
            Probe(watched, word);
        watched.Now += watched.Endpoint.Interval;

        Assert.Single(watched.Judge(watched.Observe(watched.Now, "local", Result('c', watched.Now), [Of(ChangeClass.Breaking, ""), Of(ChangeClass.Info, "")])));
        Assert.Equal(IncidentRules.CatalogChangedAgain, watched.Told[^1].Incident.Rule);

        Probe(watched, "d");
        Assert.Single(Probe(watched, "di"));
        Assert.Equal(IncidentRules.AcceptedByPolicy, watched.Told[^1].Incident.Rule);
    }

    private static Change Of(ChangeClass of, string message) => new(of, "some-rule", "echo", "", null, null, message);

    private static IReadOnlyList<Transition> Probe(Watched watched, string word)
    {
        watched.Now += watched.Endpoint.Interval;
        Change[] changes = word.Length == 1 ? [] :
        [
            new(word[1] switch { 'b' => ChangeClass.Breaking, 'u' => ChangeClass.Unknown, 'w' => ChangeClass.Warning, _ => ChangeClass.Info },
                "some-rule", "echo", "", null, null, "It changed."),
        ];
        return watched.Judge(watched.Observe(watched.Now, "local", Result(word[0], watched.Now), changes));
    }
}
