using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents.Rules;

/// <summary>
/// Suspicious text. A step is a catalogue and its findings: <c>h</c>ard, another hard one (<c>k</c>), <c>s</c>oft; then what it made.
/// </summary>
public class SuspicionTests
{
    [Theory]
    [InlineData(SuspicionAlert.Hard, "ah! ah ah", "at once, once")]
    [InlineData(SuspicionAlert.Hard, "as as", "a soft one is for a look")]
    [InlineData(SuspicionAlert.Soft, "as! as", "unless the policy asks for it")]
    [InlineData(SuspicionAlert.Never, "ah ah", "or for nothing")]
    [InlineData(SuspicionAlert.Hard, "a bh bh! bh", "a catalogue counts once it is settled")]
    [InlineData(SuspicionAlert.Hard, "ah! b b. b", "and resolves when the next one is")]
    [InlineData(SuspicionAlert.Hard, "ah! bh bh bh", "the same findings in another catalogue are no news")]
    [InlineData(SuspicionAlert.Hard, "ah! bk bk~ bk", "others are")]
    [InlineData(SuspicionAlert.Hard, "ah! x x", "a failed probe says nothing")]
    [InlineData(SuspicionAlert.Hard, "ah! accept. ah ah bk bk!", "what a person accepted is accepted, and no more than that")]
    [InlineData(SuspicionAlert.Hard, "a bh bh! accept. bh", "also a drifted one")]
    [InlineData(SuspicionAlert.Hard, "ah! bh accept. bh bh!", "a catalogue that was seen once is not what was accepted")]
    public void Judge_Steps_GiveTransitions(SuspicionAlert policy, string steps, string because)
    {
        var watched = new Watched(Everything with { Alerts = new() { Suspicious = policy, Drift = DriftAlert.Never } });
        var seen = new List<string>();
        foreach (var step in steps.Split(' '))
        {
            var word = step.TrimEnd('!', '~', '.');
            var told = word == "accept" ? watched.Judge(new BaselineAccepted(watched.Now, "Ann")) : Probe(watched, word);
            Assert.All(told, each => Assert.Equal(IncidentKind.Suspicious, each.Incident.Kind));
            seen.Add(word + string.Concat(told.Select(each => each.Type switch { TransitionType.Opened => '!', TransitionType.Resolved => '.', _ => '~' })));
        }

        Assert.True(steps == string.Join(' ', seen), $"{because}: {string.Join(' ', seen)}");
    }

    [Fact]
    public void Judge_Opened_CarriesTheFindings()
    {
        var watched = new Watched(Everything);

        var opened = Assert.Single(Probe(watched, "ah"));

        Assert.Equal(IncidentRules.SuspiciousText, opened.Incident.Rule);
        Assert.Equal("tag-character", Assert.Single(opened.Findings).Rule);
        Assert.Equal("The catalogue holds suspicious text: Hidden.", opened.Incident.Summary);
        Assert.Equal(IncidentRules.FindingsGone, Assert.Single(Probe(watched, "a")).Incident.Rule);
    }

    [Fact]
    public void Judge_AcceptedByPolicy_IsNotReviewed()
    {
        var watched = new Watched(Everything with { DriftPolicy = DriftPolicy.AcceptCompatible, Alerts = new() { Suspicious = SuspicionAlert.Soft } });
        foreach (var word in new[] { "a", "bs" })
            Probe(watched, word);

        var opened = Assert.Single(Probe(watched, "bs", new Change(ChangeClass.Info, "some-rule", "echo", "", null, null, "It changed.")));

        Assert.Equal(IncidentKind.Suspicious, opened.Incident.Kind);
        Assert.Equal(BaselineReference.ByPolicy, watched.State.Baseline?.Reference.AcceptedBy);
    }

    [Fact]
    public void Judge_Maintenance_TellsWhatStandsAfterIt()
    {
        var watched = new Watched(Everything with { Alerts = new() { Drift = DriftAlert.Never } });
        watched.Expect("m10m");
        Assert.Empty(Probe(watched, "ah"));
        watched.Expect("t9m");
        Assert.Equal(IncidentRules.SuspiciousText, Assert.Single(Probe(watched, "ah")).Incident.Rule);

        watched.Expect("m10m accept t10m.s");
        Assert.Equal(IncidentRules.BaselineAccepted, watched.Told[^1].Incident.Rule);
    }

    [Fact]
    public void Judge_ToolsCompared_TellsWithTheNextProbeOfThatCatalog()
    {
        var watched = new Watched(Everything with { Alerts = new() { Drift = DriftAlert.Never } });
        Finding[] found = [new(FindingLevel.Hard, "names-other-tool", "add", "/description", "Speaks of another's tool.")];
        Probe(watched, "a");

        Assert.Empty(Compare("a", found));
        var opened = Assert.Single(Probe(watched, "a"));
        Assert.Equal((IncidentRules.SuspiciousText, "names-other-tool"), (opened.Incident.Rule, Assert.Single(opened.Findings).Rule));
        Assert.Empty(Probe(watched, "a"));

        var known = watched.State;
        Assert.Empty(Compare("a", found));
        Assert.Same(known, watched.State);

        Assert.Empty(Compare("a", []));
        Assert.Null(watched.State.Shadowing);
        Assert.Equal(IncidentRules.FindingsGone, Assert.Single(Probe(watched, "a")).Incident.Rule);

        Assert.Empty(Compare("b", found));
        Assert.Empty(Probe(watched, "a"));
        Assert.Empty(Compare("c", found));
        Assert.Equal("sha256:c", watched.State.Shadowing!.Hash);

        IReadOnlyList<Transition> Compare(string letter, Finding[] findings) =>
            watched.Judge(new ToolsCompared(watched.Now, $"sha256:{letter}", findings, []));
    }

    // With the policy that tells the most.
    [Fact]
    public void Judge_NotesOnOtherClients_OpenNothingAndStandInNoAlert()
    {
        var watched = new Watched(Everything with { Alerts = new() { Drift = DriftAlert.Never, Suspicious = SuspicionAlert.Soft } });
        var note = new Finding(FindingLevel.Soft, "interop-redirect", null, "handshake", "The server redirects.");

        Assert.Empty(Observe("a", note));
        Assert.Empty(Observe("a"));
        Assert.Equal("pushy-instruction", Assert.Single(Assert.Single(Observe("a", new(FindingLevel.Soft, "pushy-instruction", "echo", "", "Pushy."), note)).Findings).Rule);
        Assert.Equal(IncidentRules.FindingsGone, Assert.Single(Observe("a", note)).Incident.Rule);

        IReadOnlyList<Transition> Observe(string letter, params Finding[] findings)
        {
            watched.Now += watched.Endpoint.Interval;
            return watched.Judge(watched.Observe(watched.Now, "local", Result(letter[0], watched.Now) with { Findings = findings }, []));
        }
    }

    [Fact]
    public void Judge_OwnAndComparedFindings_AreOneStory()
    {
        var watched = new Watched(Everything);
        Probe(watched, "a");
        watched.Judge(new ToolsCompared(watched.Now, "sha256:a", [new(FindingLevel.Hard, "names-other-tool", "add", "/description", "Speaks of another's tool.")], []));

        var opened = Assert.Single(Probe(watched, "ah"));

        Assert.Equal(["tag-character", "names-other-tool"], opened.Findings.Select(finding => finding.Rule));
        Assert.Equal("The catalogue holds suspicious text in 2 places: Hidden.", opened.Incident.Summary);
    }

    [Fact]
    public void Judge_WhatWasTold_IsRememberedUntilItEnds()
    {
        var watched = new Watched(Everything);
        Probe(watched, "ah");
        // The second probe confirms the first catalogue.
        Probe(watched, "ah");
        var known = watched.State;
        Assert.NotNull(known.Suspicion);
        Probe(watched, "ah");
        Assert.Same(known, watched.State);

        Probe(watched, "a");
        Assert.Null(watched.State.Suspicion);
    }

    [Fact]
    public void Judge_FindingsInAnotherOrder_AreNoNews()
    {
        var watched = new Watched(Everything);
        Finding[] both = [new(FindingLevel.Hard, "b-rule", "echo", "/description", "One."), new(FindingLevel.Hard, "a-rule", "echo", "/description", "Another.")];

        Assert.Single(watched.Probe(result => result with { Findings = both }));
        Assert.Empty(watched.Probe(result => result with { Findings = [both[1], both[0]] }));
        Assert.Equal(
            "The catalogue holds suspicious text: Another.",
            Assert.Single(watched.Probe(result => result with { Findings = [both[1]] })).Incident.Summary);
    }

    [Fact]
    public void Judge_AcceptedInAMaintenance_IsToldByTheNextProbeAsSuch()
    {
        var watched = new Watched(Everything);
        Probe(watched, "ah");
        watched.Expect("m2m accept");
        Assert.Empty(Probe(watched, "ah"));

        Assert.Equal(IncidentRules.BaselineAccepted, Assert.Single(Probe(watched, "ah")).Incident.Rule);
    }

    [Fact]
    public void Judge_FoundInAMaintenance_IsNotTakenForTold()
    {
        var watched = new Watched(Everything).Expect("m10m");

        Probe(watched, "ah");

        Assert.Null(watched.State.Suspicion);
    }

    [Fact]
    public void Judge_SwitchedOffAndOnAgain_IsToldAnew()
    {
        var watched = new Watched(Everything);
        Probe(watched, "ah");
        watched.Endpoint = Everything with { Alerts = new() { Suspicious = SuspicionAlert.Never } };
        Assert.Equal(IncidentRules.SwitchedOff, Assert.Single(Probe(watched, "ah")).Incident.Rule);
        Assert.Null(watched.State.Suspicion);

        watched.Endpoint = Everything;
        Assert.Equal(IncidentRules.SuspiciousText, Assert.Single(Probe(watched, "ah")).Incident.Rule);
    }

    [Fact]
    public void Judge_DriftSwitchedOffBesideIt_IsNoNewsOfIt()
    {
        var watched = new Watched(Everything);
        foreach (var word in new[] { "a", "bh", "bh" })
            Probe(watched, word);
        Assert.Equal([IncidentKind.Drift, IncidentKind.Suspicious], watched.State.OpenIncidents.Select(each => each.Kind));

        watched.Endpoint = Everything with { Alerts = new() { Drift = DriftAlert.Never } };

        Assert.Equal(IncidentRules.SwitchedOff, Assert.Single(Probe(watched, "bh")).Incident.Rule);
        Assert.Empty(Probe(watched, "bh"));
    }

    [Fact]
    public void Judge_ManyFindings_CarriesTheFirst()
    {
        var many = Enumerable.Range(0, Transition.MostFindings + 1).Select(i => new Finding(FindingLevel.Hard, "tag-character", $"tool{i}", "/description", "Hidden.")).ToArray();

        var opened = Assert.Single(new Watched(Everything).Probe(result => result with { Findings = many }));

        Assert.Equal(many[..^1], opened.Findings);
        Assert.StartsWith("The catalogue holds suspicious text in 21 places", opened.Incident.Summary, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Transition> Probe(Watched watched, string word, params Change[] changes)
    {
        watched.Now += watched.Endpoint.Interval;
        Finding[] findings = word.Length == 1 ? [] :
        [
            word[1] is 's'
                ? new(FindingLevel.Soft, "pushy-instruction", "echo", "/description", "Pushy.")
                : new(FindingLevel.Hard, "tag-character", word[1] is 'k' ? "search" : "echo", "/description", "Hidden."),
        ];
        return watched.Judge(watched.Observe(watched.Now, "local", Result(word[0], watched.Now) with { Findings = findings }, changes));
    }
}
