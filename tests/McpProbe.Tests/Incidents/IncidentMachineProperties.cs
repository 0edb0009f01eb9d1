using CsCheck;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents;

/// <summary>
/// Whatever happens to an endpoint, in whatever order: probes of three locations, late and twice, restarts (the state is written and read
/// again each time), ticks, measurements, maintenances, acceptances, pauses, policies that are edited.
/// </summary>
public class IncidentMachineProperties
{
    private const string Letters = "+++abcxxxxsg?";

    private static readonly string[] Locations = ["A", "B", "C"];

    private static readonly Endpoint[] Policies =
    [
        Everything,
        Everything with
        {
            FailureThreshold = 1,
            SuccessThreshold = 1,
            Alerts = new()
            {
                RemindEvery = TimeSpan.FromMinutes(5),
                Escalate = [new(TimeSpan.FromMinutes(4), ["lead"]), new(TimeSpan.FromMinutes(12), ["boss"])],
                Flapping = new FlappingRule(2, TimeSpan.FromMinutes(10)),
            },
        },
        Everything with
        {
            FailureThreshold = 2,
            Alerts = new() { RemindEvery = TimeSpan.FromMinutes(7), Quorum = 1, Suspicious = SuspicionAlert.Soft },
            Maintenance = [new MaintenanceWindow("*/30 * * * *", TimeSpan.FromMinutes(5))],
        },
        Everything with
        {
            FailureThreshold = 2,
            SuccessThreshold = 3,
            DriftPolicy = DriftPolicy.AcceptCompatible,
            Alerts = new()
            {
                Drift = DriftAlert.Info,
                Degraded = false,
                Flapping = null,
                Escalate = [new(TimeSpan.FromMinutes(3), ["lead"])],
            },
        },
        Everything with { Alerts = new() { Drift = DriftAlert.Never, Gated = false, CertificateDays = [], Suspicious = SuspicionAlert.Never } },
    ];

    // Of 20 events 12 are probes; each has three numbers to choose by.
    private static readonly Gen<(int Kind, int First, int Second, int Third)[]> Anything =
        Gen.Select(Gen.Int[0, 19], Gen.Int[0, 199], Gen.Int[0, 199], Gen.Int[0, 199]).Array[1, 120];

    [Fact]
    public void Judge_AnySequence_KeepsThePromises() => Anything.Sample(events => Run(events), iter: 600);

    [Fact]
    public void Judge_AfterAnySequence_AnEndlessOutageIsOpenAndAnEndlessCalmClosed() => Anything.Sample(
        events =>
        {
            var world = Run(events);
            world.Endpoint = Policies[1];
            world.Judge(new MaintenanceChanged(world.Now, null));
            world.Stay('x', 40);
            Assert.Contains(world.State.OpenIncidents, incident => incident is { Kind: IncidentKind.Outage, Flapping: false });
            world.Stay('+', 40);
            Assert.DoesNotContain(world.State.OpenIncidents, incident => incident.Kind is IncidentKind.Outage or IncidentKind.Degraded);
        },
        iter: 100);

    private static World Run((int Kind, int First, int Second, int Third)[] events)
    {
        var world = new World();
        foreach (var (kind, first, second, third) in events)
        {
            world.Now += TimeSpan.FromSeconds(third);
            switch (kind)
            {
                case < 12:
                    world.Probe(Locations[first % 3], Letters[second % Letters.Length], late: first / 3 % 4, third);
                    break;
                case 12:
                    world.ProbeAgain(first);
                    break;
                case 13 or 14:
                    world.Now += TimeSpan.FromSeconds(first * 5);
                    world.Judge(new TimePassed(world.Now));
                    break;
                case 15:
                    world.Judge(new LatencyMeasured(world.Now, first * 5, 20 + second, 200, 500));
                    break;
                case 16:
                    world.Judge(new MaintenanceChanged(world.Now, first % 3 == 0
                        ? null
                        : new AdHocMaintenance(world.Now.AddSeconds(second), world.Now.AddSeconds(second + first * 3 + 1), "Ann", null)));
                    break;
                case 17:
                    world.Judge(new BaselineAccepted(world.Now, "Ann"));
                    break;
                case 18 when first % 4 == 0:
                    world.Judge(new EndpointClosed(world.Now, IncidentRules.EndpointPaused));
                    break;
                case 18:
                    world.Judge(new EndpointDefined(world.Now, world.State.Generation + first % 2));
                    break;
                default:
                    world.Endpoint = Policies[first % Policies.Length];
                    break;
            }
        }

        return world;
    }

    /// <summary>The endpoint, and what a receiver of its alerts knows.</summary>
    private sealed class World
    {
        private readonly Dictionary<IncidentKind, Incident> _open = [];
        private readonly Dictionary<IncidentKind, DateTimeOffset> _last = [];
        private readonly Dictionary<string, DateTimeOffset> _told = [];
        private readonly HashSet<string> _ids = [];
        private readonly List<(DateTimeOffset Slot, string Location, ProbeResult Result)> _probes = [];
        private DateTimeOffset? _dueBy;

        internal EndpointState State { get; private set; } = EndpointState.New;

        internal DateTimeOffset Now { get; set; } = Start;

        internal Endpoint Endpoint
        {
            get;
            set
            {
                field = value;
                // What falls due was planned by the policy before, until the next event.
                _dueBy = DateTimeOffset.MinValue;
            }
        }
        = Everything;

        internal void Probe(string location, char letter, int late, int chance)
        {
            var slot = McpProbe.Monitoring.Schedule.SlotAt(Endpoint, Now) - late * Endpoint.Interval;
            var hash = Result(letter, slot).Catalog?.Hash;
            _probes.Add((slot, location, Result(letter, slot) with
            {
                Findings = hash is "sha256:b" ? [new Finding(FindingLevel.Hard, "tag-character", "echo", "", "Hidden.")]
                    : hash is "sha256:c" ? [new Finding(FindingLevel.Soft, "pushy-instruction", "echo", "", "Pushy.")] : [],
                Certificate = chance % 3 == 0 ? new CertificateInfo("CN=a", "CN=b", slot, chance % 30) : null,
            }));
            Probe(_probes[^1], chance);
        }

        internal void ProbeAgain(int which)
        {
            if (_probes.Count > 0)
                Probe(_probes[which % _probes.Count], which);
        }

        /// <summary>All locations see the same, slot for slot.</summary>
        internal void Stay(char letter, int minutes)
        {
            for (var minute = 0; minute < minutes; minute++)
            {
                Now += Endpoint.Interval;
                foreach (var location in Locations)
                    Probe(location, letter, late: 0, chance: 7);
                Judge(new LatencyMeasured(Now, 100, 60, 100, 1000));
                Judge(new TimePassed(Now));
            }
        }

        private void Probe((DateTimeOffset Slot, string Location, ProbeResult Result) probe, int chance)
        {
            var (slot, location, result) = probe;
            var step = DriftWatch.Next(State, location, result);
            ChangeClass[] classes = step.To.Hash switch { "sha256:b" => [ChangeClass.Breaking], "sha256:c" => [ChangeClass.Info], _ => [ChangeClass.Warning] };
            Judge(new Observation(slot, location, result, step, [.. classes.Select(one => new Change(one, "some-rule", "echo", "", null, null, "It changed."))])
            {
                JudgedAt = Now,
            });
        }

        internal void Judge(EndpointEvent occurred)
        {
            var before = State;
            var ignored = occurred is Observation { Slot: var slot, Location: var location } && IncidentMachine.IsJudged(before, location, slot);
            var judgement = IncidentMachine.Judge(State, occurred, Endpoint);
            var again = IncidentMachine.Judge(State, occurred, Endpoint);
            Assert.Equal(judgement.Transitions.Select(each => (each.Id, each.Type)), again.Transitions.Select(each => (each.Id, each.Type)));

            State = ReferenceEquals(judgement.State, before) ? before : Stored(judgement.State);
            foreach (var transition in judgement.Transitions)
                Receive(transition);
            // What says nothing opens and resolves nothing, but that nothing is known.
            if (occurred is Observation { Result.Verdict: Verdict.Unknown })
                Assert.All(judgement.Transitions, each => Assert.True(each.Incident.Kind is IncidentKind.Unwatched || each.Incident.Rule == IncidentRules.SwitchedOff || each.Type is TransitionType.Reminded or TransitionType.Escalated));
            Assert.Equal(
                _open.Values.Select(each => (each.Id, each.Sequence)).Order(),
                State.OpenIncidents.Select(each => (each.Id, each.Sequence)).Order());

            if (occurred is EndpointDefined)
                Assert.DoesNotContain(judgement.Transitions, each => each.Type is TransitionType.Opened);
            var maintenance = occurred is MaintenanceChanged changed ? changed.Maintenance : before.Maintenance;
            if (occurred is not EndpointClosed && (IsQuiet(occurred.At, maintenance) || (occurred is Observation && IsQuiet(Now, maintenance))))
                Assert.Empty(judgement.Transitions);

            // Time alone does something when it was said, and not before; and what is done is not due any more.
            if (occurred is TimePassed && (_dueBy is null || occurred.At < _dueBy))
                Assert.Empty(judgement.Transitions);
            if (occurred is TimePassed)
                Assert.False(State.DueAt <= occurred.At);
            // A probe that says nothing decides nothing, and plans nothing; that a location fell silent by it is the next event's.
            if (!ignored && occurred is not (Observation { Result.Verdict: Verdict.Unknown } or EndpointDefined))
                _dueBy = State.DueAt;
            else if ((occurred is EndpointDefined && !ReferenceEquals(State, before)) || State.Locations.Any(each => each.Value.Counted is Verdict.Unknown && before.Locations.GetValueOrDefault(each.Key)?.Counted is not (null or Verdict.Unknown)))
                _dueBy = DateTimeOffset.MinValue;
            else if (!ignored && State.DueAt < (_dueBy ?? DateTimeOffset.MaxValue))
                _dueBy = State.DueAt;
        }

        private bool IsQuiet(DateTimeOffset at, AdHocMaintenance? maintenance) =>
            (maintenance is not null && maintenance.From <= at && at < maintenance.Until)
            || (Endpoint.Maintenance.Count > 0 && at.Minute % 30 < 5);

        private void Receive(Transition transition)
        {
            var (incident, kind) = (transition.Incident, transition.Incident.Kind);
            Assert.True(_ids.Add(transition.Id), $"{transition.Id} is told twice");
            Assert.True(transition.At >= _last.GetValueOrDefault(kind), "a transition is dated before the last one of its kind");
            Assert.True(
                IncidentRules.All.Contains(incident.Rule) || Endpoint.Alerts.CertificateDays.Select(IncidentRules.CertificateDays).Contains(incident.Rule),
                $"{incident.Rule} is no rule");
            Assert.Equal(transition.Type is TransitionType.Resolved, incident.ResolvedAt is not null);
            if (transition.Type is TransitionType.Opened)
            {
                Assert.True(_open.TryAdd(kind, incident), $"{kind} opens twice");
                Assert.Equal(1, incident.Sequence);
                Assert.True(_last.GetValueOrDefault(kind) < transition.At);
            }
            else
            {
                Assert.True(_open.TryGetValue(kind, out var known), $"{kind} is {transition.Type} without being open");
                Assert.Equal((known.Id, known.Sequence + 1), (incident.Id, incident.Sequence));
                Assert.Equal(known.Escalations + (transition.Type is TransitionType.Escalated ? 1 : 0), incident.Escalations);
                _open[kind] = incident;
            }

            if (transition.Type is TransitionType.Escalated)
            {
                var step = Endpoint.Alerts.Escalate[incident.Escalations - 1];
                Assert.Equal(step.Channels, transition.Channels);
                Assert.True(transition.At - incident.OpenedAt >= step.After);
            }

            if (incident.Rule == IncidentRules.StillOpen)
                Assert.True(transition.At - _told[incident.Id] >= Endpoint.Alerts.RemindEvery, "told again too early");
            if (transition.Type is not TransitionType.Escalated)
                _told[incident.Id] = transition.At;
            if (transition.Type is TransitionType.Resolved)
                _open.Remove(kind);
            _last[kind] = transition.At;
        }
    }
}
