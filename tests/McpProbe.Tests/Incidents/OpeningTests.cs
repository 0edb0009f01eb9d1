using System.Text.Json;
using McpProbe.Alerts.Messages;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Text;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents;

/// <summary>What follows an opening says what the opening said; and since when.</summary>
public class OpeningTests
{
    private static readonly Endpoint Reminding = Everything with
    {
        Alerts = new() { RemindEvery = TimeSpan.FromMinutes(10), Escalate = [new(TimeSpan.FromMinutes(15), ["lead"])] },
    };

    private static AlertMessage Message(Transition transition) => AlertMessage.Of(Alert.Of(transition), null);

    private static string? Fact(Transition transition, string name) => Message(transition).Facts.SingleOrDefault(fact => fact.Name == name)?.Value;

    /// <summary>Every kind of incident: opened, reminded, escalated, resolved. The rule, the severity and the words stay those of the opening.</summary>
    [Theory]
    [InlineData("x x x!o t10m~o t5m^o + +.o", "failures-in-a-row", "critical", "everything is down")]
    [InlineData("+ s s s!l t10m~l t5m^l + +.l", "budget-exceeded-in-a-row", "warning", "everything is degraded")]
    [InlineData("+ g g g!g t10m~g t5m^g + +.g", "now-asks-for-credentials", "warning", "everything asks for credentials now")]
    // The server is down by then: what was told of its access is no other for that.
    [InlineData("+ g g g!g t8m x x~g x!o t5m^g + +.o.g", "now-asks-for-credentials", "warning", "everything asks for credentials now")]
    [InlineData("g + + +!g t10m~g t5m^g g g.g", "no-longer-asks-for-credentials", "warning", "everything no longer asks for credentials")]
    [InlineData("a b b!d t10m~d t5m^d a a.d", "catalog-changed-unknown", "error", "everything changed and may break clients")]
    [InlineData("a b c d e f!d t10m~d t5m^d f.d", "catalog-unstable", "warning", "everything keeps changing its tools")]
    public void Judge_WhatFollowsAnOpening_SaysTheSame(string steps, string rule, string severity, string title)
    {
        var told = new Watched(Reminding).Expect(steps).Told;
        var incident = told[0].Incident;
        var own = told.FindAll(each => each.Incident.Id == incident.Id);

        Assert.True(own.Count >= 4);
        Assert.All(own, each =>
        {
            Assert.Equal((rule, severity), (each.Incident.OpeningRule, WireNames.Of(each.Incident.Severity!.Value)));
            Assert.Equal((incident.Opening, incident.Since), (each.Incident.Opening, each.Incident.Since));
            if (each.Type is not TransitionType.Resolved)
                Assert.EndsWith(title, Message(each).Title, StringComparison.Ordinal);
            Assert.Equal(severity, Pager(each));
        });
        Assert.Equal(AlertSeverity.Resolved, Message(own[^1]).Severity);
        Assert.Contains(incident.Opening!.Summary, Message(own[^1]).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x x x!o", 1, 3)]
    [InlineData("x + x x x!o", 3, 5)]
    [InlineData("+ s s s!l", 2, 4)]
    [InlineData("+ g g g!g", 2, 4)]
    [InlineData("a b b!d", 2, 3)]
    [InlineData("a b c d e f!d", 2, 6)]
    [InlineData("[x+] [xx] [xx] [xx]!o", 1, 3)]
    // A maintenance held it back: it failed before it was told.
    [InlineData("m10m x x x x t10m!o", 1, 14)]
    public void Judge_Since_IsTheFirstFailedSlot(string steps, int since, int opened)
    {
        var watched = new Watched(Everything);
        foreach (var step in steps.Split(' '))
            watched.Run(step);
        var incident = watched.Told.First(each => each.Type is TransitionType.Opened).Incident;

        Assert.Equal(Start.AddMinutes(since), incident.Since);
        if (!steps.StartsWith('['))
            Assert.Equal(Start.AddMinutes(opened), incident.OpenedAt);
    }

    [Fact]
    public void Message_Resolve_LastedSinceTheFirstFailure()
    {
        var told = new Watched(Everything).Expect("x x x!o + +.o").Told;

        Assert.Equal("2026-11-22 10:01:00 UTC, 2 min ago", Fact(told[0], "Since"));
        Assert.Equal("4 min, 2026-11-22 10:01:00 to 10:05:00 UTC", Fact(told[1], "Lasted"));
        Assert.Equal("connect (refused)", Fact(told[1], "First failure"));
        Assert.Equal("It lasted 4 min. What was wrong: nobody listens there", Message(told[1]).Text);
    }

    [Fact]
    public void Message_ReminderOfAnotherFailure_TellsBoth()
    {
        var watched = new Watched(Reminding with { FailureThreshold = 1 }).Expect("x!o");
        watched.Now += TimeSpan.FromMinutes(9);

        var reminded = Assert.Single(watched.Probe(result => result with { Failure = new Failure(FailureKind.Tls, Phase.Tls, "the certificate ended") }, 'x'));

        Assert.Equal("nobody listens there Now: the certificate ended", Message(reminded).Text);
        Assert.Equal(("tls (tls)", "connect (refused)"), (Fact(reminded, "Failed at"), Fact(reminded, "First failure")));
    }

    [Fact]
    public void Judge_DriftThatGetsWorseAndBetter_KeepsItsWorst()
    {
        var watched = new Watched(Reminding).Expect("a a");
        var told = new[] { ('b', ChangeClass.Warning), ('c', ChangeClass.Breaking), ('d', ChangeClass.Warning) }
            .Select(each => Changed(watched, each.Item1, each.Item2)).ToList();
        watched.Expect("t10m~d");

        Assert.Equal(
            [(IncidentSeverity.Warning, ChangeClass.Warning), (IncidentSeverity.Error, ChangeClass.Breaking), (IncidentSeverity.Error, ChangeClass.Breaking)],
            told.Select(each => (each.Incident.Severity!.Value, each.Incident.Class!.Value)));
        Assert.Equal("everything changed", Message(told[0]).Title);
        Assert.Equal("everything changed again and breaks clients", Message(told[1]).Title);
        Assert.Equal(("Reminder – everything changed and breaks clients", AlertSeverity.Error), (Message(watched.Told[^1]).Title, Message(watched.Told[^1]).Severity));
        Assert.Equal("catalog-changed-warning", watched.Told[^1].Incident.OpeningRule);
    }

    [Fact]
    public void Judge_ReminderAndEscalation_ShowWhatChanged()
    {
        var watched = new Watched(Reminding).Expect("a a");
        var large = JsonDocument.Parse($"\"{new string('x', 600)}\"").RootElement;
        IReadOnlyList<Change> changes =
            [.. Enumerable.Range(1, 8).Select(i => new Change(ChangeClass.Breaking, "input-required-added", $"tool{i}", "/inputSchema", large, null, $"Change {i}."))];
        Changed(watched, 'b', changes);
        watched.Expect("t10m~d t5m^d");

        foreach (var later in watched.Told[^2..])
        {
            Assert.Equal([1, 2, 3, 4, 5], later.Changes.Select(change => int.Parse(change.Tool![4..], null)));
            Assert.All(later.Changes, change => Assert.Null(change.Before));
            Assert.Equal("• breaking: Change 1.", Assert.Single(Message(later).Sections).Bullets.First());
        }

        Assert.True(JsonSerializer.Serialize(watched.State, EngineJson.Default.EndpointState).Length < 5000);
    }

    [Fact]
    public void Message_FlappingThatIsSteady_TellsWhatWasWrongAtFirst()
    {
        var flapping = Everything with { FailureThreshold = 1, SuccessThreshold = 1, Alerts = new() { Flapping = new(2, TimeSpan.FromMinutes(10)) } };
        var told = new Watched(flapping).Expect("x!o +.o x!o +~o + + + + + t5m.o").Told;

        Assert.EndsWith("What was wrong: nobody listens there", Message(told[^1]).Text, StringComparison.Ordinal);
    }

    /// <summary>An incident that a version before this one opened: nothing is lost of it, and it is told as well as can be.</summary>
    [Theory]
    [InlineData("drift", "catalog-changed-breaking", 1, "b", "catalog-changed-breaking", "error", "Reminder – everything changed and breaks clients")]
    [InlineData("drift", "still-open", 3, "b", "catalog-changed-breaking", "error", "Reminder – everything changed and breaks clients")]
    [InlineData("gated", "still-open", 3, "g", "now-asks-for-credentials", "warning", "Reminder – everything asks for credentials now")]
    [InlineData("outage", "still-open", 3, "x", "still-open", "critical", "Reminder – everything is down")]
    public void Judge_IncidentOfTheVersionBefore_IsToldAsWhatItIs(
        string kind, string rule, int sequence, string probe, string opening, string severity, string title)
    {
        var id = $"everything_{kind}_20261122T090000000Z";
        var json = $$$"""{"locations":{"local":{"lastSlot":"2026-11-22T10:00:00Z","verdict":"{{{(probe == "x" ? "down" : "healthy")}}}","failures":{{{(probe == "x" ? 3 : 0)}}},"successes":0}},"verdict":"down","since":"2026-11-22T09:58:00Z","openIncidents":[{"id":"{{{id}}}","endpointId":"everything","kind":"{{{kind}}}","openedAt":"2026-11-22T09:00:00Z","resolvedAt":null,"rule":"{{{rule}}}","sequence":{{{sequence}}},"summary":"What was wrong.","toldAt":"2026-11-22T10:00:00Z","escalations":1}],"baselines":{"2025-11-25":{"hash":"sha256:a","at":"2026-11-01T00:00:00Z","acceptedBy":null}},"baselineProtocol":"2025-11-25","drifted":{{{(kind == "drift" ? """{"protocolVersion":"2025-11-25","hash":"sha256:b","slot":"2026-11-22T09:00:00Z","class":"breaking"}""" : "null")}}},"access":{{{(kind == "gated" ? """{"gated":false,"withCredentials":false,"others":3,"back":0}""" : "null")}}}}""";
        var watched = new Watched(Reminding) { State = JsonSerializer.Deserialize(json, EngineJson.Default.EndpointState)! };
        Assert.Equal(DateTimeOffset.Parse("2026-11-22T09:00:00Z", null), watched.State.OpenIncidents[0].Since);

        watched.Expect($"t10m~{kind[0]}");

        var reminded = watched.Told[^1];
        Assert.Equal((id, opening, severity), (reminded.Incident.Id, reminded.Incident.OpeningRule, WireNames.Of(reminded.Incident.Severity!.Value)));
        Assert.Equal(title, Message(reminded).Title);
        watched.Judge(new EndpointClosed(watched.Now, IncidentRules.EndpointPaused));
        Assert.Equal((id, $"{id}_{sequence + 2}"), (watched.Told[^1].Incident.Id, watched.Told[^1].Id));
        Assert.Contains("What was wrong.", Message(watched.Told[^1]).Text, StringComparison.Ordinal);
    }

    private static Transition Changed(Watched watched, char catalogue, ChangeClass change) =>
        Changed(watched, catalogue, [new Change(change, "a-rule", "echo", "/description", null, null, "It changed.")]);

    private static Transition Changed(Watched watched, char catalogue, IReadOnlyList<Change> changes)
    {
        var told = new List<Transition>();
        for (var i = 0; i < 2; i++)
        {
            watched.Now += watched.Endpoint.Interval;
            told.AddRange(watched.Judge(watched.Observe(watched.Now, "local", Result(catalogue, watched.Now), changes)));
        }

        return Assert.Single(told);
    }

    private static string Pager(Transition transition) =>
        (string)System.Text.Json.Nodes.JsonNode.Parse(PagerDutyEvent.Of(transition, Message(transition), "key")[0].Span)!["payload"]!["severity"]!;
}
