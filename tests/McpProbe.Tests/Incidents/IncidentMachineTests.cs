using CsCheck;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Probing;

namespace McpProbe.Tests.Incidents;

/// <summary>
/// Tables of steps. A probe is one letter: <c>+</c> healthy with the first catalogue, <c>a b c</c> healthy with that
/// catalogue, <c>x</c> down, <c>s</c> slow and so degraded, <c>g</c> gated, <c>?</c> unknown. Transitions are written behind the probe that caused them:
/// <c>!</c> opened, <c>~</c> reminded, <c>.</c> resolved, then the kind's first letter.
/// </summary>
public class IncidentMachineTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static readonly Endpoint Everything = new()
    {
        Id = "everything",
        Url = new Uri("http://127.0.0.1:3001/mcp"),
        Channels = ["ops"],
    };

    [Theory]
    [InlineData("+ + +", "no news is good news")]
    [InlineData("x x + x x + x x", "two failures are not three")]
    [InlineData("x x x!o x x", "three in a row open, once")]
    [InlineData("x x x!o + x + x + +.o +", "two good ones in a row resolve")]
    [InlineData("x x x!o + +.o x x x!o", "it can open again")]
    [InlineData("x x ? x!o", "an unknown probe says nothing: it neither counts nor breaks the row")]
    [InlineData("x x x!o ? + ? +.o", "nor does it on the way back")]
    [InlineData("x x g x x g", "gated is alive")]
    [InlineData("x x x!o g g.o", "gated resolves an outage")]
    [InlineData("s s s s", "slow is up")]
    [InlineData("x x s x x s", "and breaks a row of failures")]
    [InlineData("x x x!o s s.o s", "slow answers resolve an outage")]
    [InlineData("a b a b a b", "replicas that answer in turns are not drift")]
    [InlineData("a b b!d b b", "the same other catalogue twice in a row is")]
    [InlineData("a b b!d a b a a.d a", "and so is its way back")]
    [InlineData("a b b!d c c~d a a.d", "a third catalogue is news of the same incident")]
    [InlineData("a b x b!d", "a failed probe in between shows no catalogue, so the row goes on")]
    [InlineData("x x a b b!d x x x!o b b.o a a.d", "an outage and a drift do not mix")]
    public void Judge_Steps_GiveTransitions(string steps, string because)
    {
        var (seen, state) = (new List<string>(), EndpointState.New);
        var slot = Start;
        foreach (var step in steps.Split(' '))
        {
            var judgement = Judge(state, slot += Everything.Interval, step[0]);
            seen.Add(step[0] + Written(judgement.Transitions));
            state = judgement.State;
        }

        Assert.True(steps == string.Join(' ', seen), $"{because}: {string.Join(' ', seen)}");
    }

    [Fact]
    public void Judge_LongCalmAndLongOutage_ChangeNothing()
    {
        var calm = Run("+ +");
        Assert.Same(calm, Judge(calm, Start.AddHours(1), '+').State);

        var outage = Run("x x x");
        Assert.Same(outage, Judge(outage, Start.AddHours(1), 'x').State);
    }

    [Fact]
    public void Judge_TheSameProbeTwice_GivesTheSameIds()
    {
        var state = Run("x x");

        var first = Judge(state, Start.AddHours(1), 'x');
        var second = Judge(state, Start.AddHours(1), 'x');

        Assert.Equal("everything_outage_20261122T110000000Z_1", Assert.Single(first.Transitions).Id);
        Assert.Equal(first.Transitions[0].Id, second.Transitions[0].Id);
        Assert.True(IncidentMachine.IsJudged(first.State, "local", Start.AddHours(1)));
        Assert.False(IncidentMachine.IsJudged(first.State, "local", Start.AddHours(1).AddTicks(1)));
        Assert.False(IncidentMachine.IsJudged(first.State, "elsewhere", Start));
    }

    [Fact]
    public void Judge_Opening_SaysWhatAnAlertNeeds()
    {
        var transition = Assert.Single(Judge(Run("x x"), Start.AddHours(1), 'x').Transitions);

        Assert.Equal("failures-in-a-row", transition.Incident.Rule);
        Assert.Equal(Verdict.Down, transition.Verdict);
        Assert.Equal(FailureKind.Refused, transition.Failure?.Kind);
        Assert.Equal("nobody listens there", transition.Incident.Summary);
        Assert.Equal(["ops"], transition.Channels);
        Assert.Equal("http://127.0.0.1:3001/mcp", transition.Endpoint.Url);
    }

    [Theory]
    [InlineData("endpoint-deleted")]
    [InlineData("endpoint-paused")]
    public void Close_OpenIncidents_ResolvesAllAndForgetsTheCounters(string rule)
    {
        var judgement = IncidentMachine.Close(Run("a b b x x x"), Everything, rule, Start.AddHours(1));

        Assert.Equal(".d.o", Written(judgement.Transitions));
        Assert.All(judgement.Transitions, transition => Assert.Equal(rule, transition.Incident.Rule));
        Assert.Empty(judgement.State.OpenIncidents);
        Assert.Empty(judgement.State.Locations);
        Assert.NotEmpty(judgement.State.Baselines);
    }

    [Fact]
    public void Judge_AnySequence_NeverOpensTwiceNorResolvesWhatIsNotOpen() =>
        Gen.Char["+abcxxxsg?"].Array[1, 60].Sample(probes =>
        {
            var open = new Dictionary<IncidentKind, Incident>();
            var (state, slot) = (EndpointState.New, Start);
            foreach (var probe in probes)
            {
                var judgement = Judge(state, slot += Everything.Interval, probe);
                state = judgement.State;
                foreach (var (type, incident) in judgement.Transitions.Select(each => (each.Type, each.Incident)))
                {
                    if (type is TransitionType.Opened)
                    {
                        Assert.True(open.TryAdd(incident.Kind, incident));
                        Assert.Equal(1, incident.Sequence);
                        continue;
                    }

                    Assert.Equal(open[incident.Kind].Id, incident.Id);
                    Assert.Equal(open[incident.Kind].Sequence + 1, incident.Sequence);
                    Assert.Equal(type is TransitionType.Resolved, incident.ResolvedAt is not null);
                    open[incident.Kind] = incident;
                    if (type is TransitionType.Resolved)
                        open.Remove(incident.Kind);
                }

                Assert.Equal(open.Values.OrderBy(each => each.Id), state.OpenIncidents.OrderBy(each => each.Id));
            }
        });

    private static EndpointState Run(string steps)
    {
        var (state, slot) = (EndpointState.New, Start);
        foreach (var step in steps.Split(' '))
            state = Judge(state, slot += Everything.Interval, step[0]).State;
        return state;
    }

    private static Judgement Judge(EndpointState state, DateTimeOffset slot, char probe)
    {
        var result = new ProbeResult
        {
            Target = Everything.Target,
            Verdict = probe switch { 'x' => Verdict.Down, 's' => Verdict.Degraded, 'g' => Verdict.Gated, '?' => Verdict.Unknown, _ => Verdict.Healthy },
            Failure = probe switch
            {
                'x' => new Failure(FailureKind.Refused, Phase.Connect, "nobody listens there"),
                's' => new Failure(FailureKind.Budget, Phase.Handshake, "too slow"),
                'g' => new Failure(FailureKind.Gated, Phase.Handshake, "asks for credentials", 401),
                '?' => new Failure(FailureKind.ProberOffline, null, "offline"),
                _ => null,
            },
            ProtocolVersion = "2025-11-25",
            Catalog = probe is 'x' or 'g' or '?'
                ? null
                : new CatalogSummary(1, 1, $"sha256:{(probe is '+' ? 'a' : probe)}", "", "", "", "", 1),
            Timings = new Timings(null, null, null, null, null, null, 1),
            StartedAt = slot,
        };
        return IncidentMachine.Judge(
            state, new Observation(slot, "local", result, DriftWatch.Next(state, slot, result), []), Everything);
    }

    private static string Written(IEnumerable<Transition> transitions) => string.Concat(transitions.Select(transition =>
        transition.Type switch { TransitionType.Opened => "!", TransitionType.Resolved => ".", _ => "~" }
        + WireNames.Of(transition.Incident.Kind)[0]));
}
