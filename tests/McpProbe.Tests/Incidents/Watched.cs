using System.Buffers;
using System.Text.Json;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Tests.Incidents;

/// <summary>
/// An endpoint that steps happen to, one word a step. A letter is a probe, an interval later: <c>+</c> healthy with the first catalogue,
/// <c>a b c</c> healthy with that catalogue, <c>x</c> down, <c>s</c> slow and so degraded, <c>g</c> gated, <c>?</c> unknown, <c>0</c> unknown because its secret is missing; letters in
/// brackets are one probe a location in the same slot, <c>-</c> for none. <c>t10m</c> is a tick, <c>m10m</c> the begin of a maintenance that
/// long, <c>end</c> its end by hand, <c>accept</c> a reviewer, <c>ack</c> Ann who takes the first open incident on for 8 hours,
/// <c>ben</c> Ben for one, <c>unack</c> that it is given back, <c>pause</c> the closing. Behind each stands what it made: <c>!</c> opened,
/// <c>~</c> reminded, <c>^</c> escalated, <c>.</c> resolved, <c>@</c> acknowledged, <c>=</c> given back, and the kind's letter (<c>o</c>utage, s<c>l</c>ow and other degradation,
/// <c>d</c>rift, <c>s</c>uspicious, <c>c</c>ertificate, <c>g</c>ated, <c>u</c>nwatched).
/// </summary>
internal sealed class Watched(Endpoint endpoint)
{
    internal static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    internal static readonly Endpoint Everything = new()
    {
        Id = "everything",
        Url = new Uri("https://127.0.0.1:3001/mcp"),
        Channels = ["ops"],
    };

    private const string Marks = "!~^.@=";

    private static readonly SearchValues<char> AnyMark = SearchValues.Create(Marks);

    internal Endpoint Endpoint { get; set; } = endpoint;

    internal EndpointState State { get; set; } = EndpointState.New;

    internal DateTimeOffset Now { get; set; } = Start;

    internal List<Transition> Told { get; } = [];

    internal IEnumerable<string> Rules => Told.Select(transition => transition.Incident.Rule);

    /// <summary>Runs the steps, and fails where one did not make what stands behind it.</summary>
    internal Watched Expect(string steps, string because = "it should")
    {
        var seen = new List<string>();
        foreach (var step in steps.Split(' '))
        {
            var word = step.AsSpan().IndexOfAny(AnyMark) is var mark and >= 0 ? step[..mark] : step;
            seen.Add(word + string.Concat(Happen(word).Select(Written)));
        }

        Assert.True(steps == string.Join(' ', seen), $"{because}: {string.Join(' ', seen)}");
        return this;
    }

    /// <summary>Runs one step, whatever stands behind it.</summary>
    internal void Run(string step) => _ = Happen(step.AsSpan().IndexOfAny(AnyMark) is var mark and >= 0 ? step[..mark] : step).ToList();

    internal IReadOnlyList<Transition> Probe(Func<ProbeResult, ProbeResult> result, char letter = '+')
    {
        Now += Endpoint.Interval;
        return Judge(Observe(Now, "local", result(Result(letter, Now))));
    }

    /// <param name="changes">Against the baseline where the step confirms a drift, and against what the location has where it is a candidate.</param>
    internal Observation Observe(DateTimeOffset slot, string location, ProbeResult result, IReadOnlyList<Change>? changes = null) =>
        new(slot, location, result, DriftWatch.Next(State, location, result), changes ?? []) { Unsettled = changes };

    /// <summary>Judges, twice, and remembers what a store would give back.</summary>
    internal IReadOnlyList<Transition> Judge(EndpointEvent occurred)
    {
        var judgement = IncidentMachine.Judge(State, occurred, Endpoint);
        var again = IncidentMachine.Judge(State, occurred, Endpoint);
        Assert.Equal(judgement.Transitions.Select(Key), again.Transitions.Select(Key));
        if (ReferenceEquals(judgement.State, State))
            Assert.Empty(judgement.Transitions);
        else
            State = Stored(judgement.State);
        // A note changes an incident without a transition.
        Assert.Equal(
            judgement.Transitions.Select(each => each.Incident),
            judgement.Incidents.Where(each => judgement.Transitions.Any(transition => ReferenceEquals(transition.Incident, each))));
        if (occurred is not IncidentNoted)
            Assert.Equal(judgement.Transitions.Count, judgement.Incidents.Count);
        Told.AddRange(judgement.Transitions);
        return judgement.Transitions;
    }

    internal static EndpointState Stored(EndpointState state) =>
        JsonSerializer.Deserialize(JsonSerializer.Serialize(state, EngineJson.Default.EndpointState), EngineJson.Default.EndpointState)!;

    internal static ProbeResult Result(char letter, DateTimeOffset slot) => new()
    {
        Target = Everything.Target,
        Verdict = letter switch { 'x' => Verdict.Down, 's' => Verdict.Degraded, 'g' => Verdict.Gated, '?' or '0' => Verdict.Unknown, _ => Verdict.Healthy },
        Failure = letter switch
        {
            'x' => new Failure(FailureKind.Refused, Phase.Connect, "nobody listens there"),
            's' => new Failure(FailureKind.Budget, Phase.Handshake, "the handshake took 300 ms of the 200 ms allowed"),
            'g' => new Failure(FailureKind.Gated, Phase.Handshake, "asks for credentials", 401),
            '?' => new Failure(FailureKind.ProberOffline, Phase.Connect, "offline"),
            '0' => new Failure(FailureKind.Config, null, "needs the environment variable TOKEN, which is not set"),
            _ => null,
        },
        ProtocolVersion = "2025-11-25",
        Catalog = letter is 'x' or 'g' or '?' or '0'
            ? null
            : new CatalogSummary(1, 1, $"sha256:{(letter is '+' or 's' ? 'a' : letter)}", "", "", "", "", 1),
        Timings = new Timings(null, null, null, null, null, null, 1),
        StartedAt = slot,
    };

    private IEnumerable<Transition> Happen(string word)
    {
        switch (word)
        {
            case ['[', .. var probes, ']']:
                Now += Endpoint.Interval;
                return probes.Select((probe, i) => (probe, Location: $"{(char)('A' + i)}")).Where(one => one.probe != '-')
                    .SelectMany(one => Judge(Observe(Now, one.Location, Result(one.probe, Now)))).ToList();
            case [var probe]:
                return Probe(result => result, probe);
            case "end":
                return Judge(new MaintenanceChanged(Now, null));
            case "accept":
                return Judge(new BaselineAccepted(Now, "Ann"));
            case "ack":
                return Judge(new IncidentAcknowledged(Now, State.OpenIncidents[0].Id, "Ann", Now + TimeSpan.FromHours(8)));
            case "ben":
                return Judge(new IncidentAcknowledged(Now, State.OpenIncidents[0].Id, "Ben", Now + TimeSpan.FromHours(1)));
            case "unack":
                return Judge(new IncidentAcknowledged(Now, State.OpenIncidents[0].Id, "Ann", Until: null));
            case "pause":
                return Judge(new EndpointClosed(Now, IncidentRules.EndpointPaused));
            case ['t', .. var wait] when Durations.TryParse(wait, out var passed):
                Now += passed;
                return Judge(new TimePassed(Now));
            case ['m', .. var length] when Durations.TryParse(length, out var lasts):
                return Judge(new MaintenanceChanged(Now, new AdHocMaintenance(Now, Now + lasts, "Ann", "a new release")));
            default:
                throw new ArgumentException($"'{word}' is no step.");
        }
    }

    private static string Key(Transition transition) => $"{transition.Id} {transition.Type} {transition.At:O} {transition.Incident.Rule}";

    private static string Written(Transition transition) => (transition.Type, transition.Incident.Kind) switch
    {
        var (type, kind) => $"{Marks[type switch { TransitionType.Opened => 0, TransitionType.Reminded => 1, TransitionType.Escalated => 2, TransitionType.Acknowledged => 4, TransitionType.Unacknowledged => 5, _ => 3 }]}"
            + (kind is IncidentKind.Degraded ? 'l' : WireNames.Of(kind)[0]),
    };
}
