using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Tests.Alerts.Messages;

/// <summary>One alert of every sort, for the tests of what channels make of them.</summary>
internal static class SampleAlerts
{
    internal static readonly Uri Pages = new("https://probe.example.com");

    /// <summary>What a server, or whoever names an endpoint, may write to break out of a message.</summary>
    internal static readonly IReadOnlyList<string> HostileTexts =
    [
        "<!channel> <!here> <!everyone> <!subteam^S123|ops> <@U024BE7LH> <#C024BE7LR|general> <https://evil.example|click>",
        "@everyone @here @channel <@123456789012345678> <@&123456789012345678> <#123456789012345678> <:a:123456789012345678> </run:123456789012345678>",
        "[your bank](javascript:alert(1)) ![x](https://evil.example/x.png) **b** __u__ ~~s~~ `c` ||spoiler|| > quote # heading",
        "https://evil.example/?a=b <t:1618953630:R> ```\ncode\n``` \\*escaped\\* :smile: <at>Ops</at> {{DATE(2017-02-14T06:08:39Z,SHORT)}}",
        "a\r\nBcc: victim@example.com\r\n\r\n<html>",
        "a\u202Eb\u2066c\u200Bd\uFEFFe\u0000f\u001B[31mg\u2028h\u00ADi",
        "lone \uD800 surrogates \uDFFF",
        "<script>alert(1)</script><img src=x onerror=alert(1)><a href=\"javascript:alert(1)\">x</a>&lt;b&gt;&#60;\"'><style>*{display:none}</style>",
        "*bold* _italic_ ~strike~ • - 1. x\n- y\n\n> z",
        "${env:SECRET} {0} {{ }} %s $(x) \"}]}",
        new('<', 100_000),
        string.Concat(Enumerable.Repeat("@everyone 🎉漢字 ", 6_000)),
        // What takes the most bytes in JSON.
        string.Concat(Enumerable.Repeat("🎉", 50_000)),
    ];

    /// <summary>Alerts of one transition.</summary>
    internal static IEnumerable<Transition> Transitions(string? hostile = null)
    {
        var text = hostile ?? "The server refused the connection; check that it runs.";
        yield return Of(IncidentKind.Outage, TransitionType.Opened, hostile, failure: new Failure(FailureKind.HttpStatus, Phase.Handshake, text, 503));
        yield return Of(IncidentKind.Outage, TransitionType.Reminded, hostile);
        yield return Of(IncidentKind.Outage, TransitionType.Escalated, hostile);
        yield return Of(IncidentKind.Outage, TransitionType.Resolved, hostile);
        yield return Of(IncidentKind.Outage, TransitionType.Acknowledged, hostile);
        yield return Of(IncidentKind.Outage, TransitionType.Unacknowledged, hostile);
        yield return Of(IncidentKind.Degraded, TransitionType.Opened, hostile);
        yield return Of(IncidentKind.Certificate, TransitionType.Opened, hostile);
        yield return Of(IncidentKind.Gated, TransitionType.Opened, hostile, verdict: Verdict.Gated);
        yield return Of(IncidentKind.Unwatched, TransitionType.Opened, hostile, verdict: Verdict.Unknown, rule: "unknown-too-long");
        yield return Of(IncidentKind.Drift, TransitionType.Opened, hostile, verdict: Verdict.Healthy) with
        {
            Changes = [.. Enumerable.Range(1, 20).Select(i => new Change(
                i < 3 ? ChangeClass.Breaking : ChangeClass.Warning, "input-required-added", hostile ?? $"tool{i}", "/inputSchema/required", null, null,
                hostile ?? $"The tool 'tool{i}' needs the argument 'query' now."))],
        };
        yield return Of(IncidentKind.Suspicious, TransitionType.Opened, hostile, verdict: Verdict.Healthy) with
        {
            Findings = [.. Enumerable.Range(1, 7).Select(i => new Finding(
                FindingLevel.Hard, "hidden-characters", hostile ?? $"tool{i}", "/description", hostile ?? "The description holds 12 hidden characters."))],
        };
    }

    /// <summary>All sorts, gathered ones as well.</summary>
    internal static IReadOnlyList<Alert> All(string? hostile = null) =>
    [
        .. Transitions(hostile).Select(Alert.Of),
        Gathered(25, hostile),
        new("gathered-mixed", [.. Transitions(hostile)]),
        Alert.Of(SampleAlert.Of(new Channel { Name = "ops", Type = ChannelType.Slack }, Alerting.Now)),
    ];

    internal static Alert Gathered(int endpoints, string? hostile = null) => new("gathered", [.. Enumerable.Range(1, endpoints).Select(i =>
        Of(IncidentKind.Outage, TransitionType.Opened, hostile is null ? null : $"{i} {hostile}", endpoint: $"tool-{i}"))]);

    internal static Transition Of(
        IncidentKind kind, TransitionType type, string? hostile = null, string endpoint = "search.prod", Failure? failure = null,
        Verdict verdict = Verdict.Down, string rule = "failures-in-a-row")
    {
        var sequence = type is TransitionType.Opened ? 1 : 2;
        var at = type is TransitionType.Opened ? Alerting.Now : Alerting.Now.AddMinutes(30);
        var incident = new Incident(
            IncidentIds.Of(endpoint, kind, Alerting.Now), endpoint, kind, Alerting.Now, type is TransitionType.Resolved ? at : null, rule, sequence,
            hostile ?? $"What is wrong with {endpoint}, in a sentence.")
        {
            Acknowledgements = type switch
            {
                TransitionType.Acknowledged => [new(hostile ?? "Ann", at, at.AddHours(8))],
                TransitionType.Unacknowledged => [new(hostile ?? "Ann", at, at.AddHours(8)) { EndedAt = at, Ended = AcknowledgementEnd.TakenBack }],
                _ => null,
            },
        };
        return new Transition(
            IncidentIds.OfTransition(incident.Id, sequence), type, at, incident,
            new EndpointReference(endpoint, hostile ?? $"Search {endpoint}", hostile, hostile ?? "https://gateway.example.com/mcp"),
            type is TransitionType.Resolved ? Verdict.Healthy : verdict, failure, [], ["ops"]);
    }
}
