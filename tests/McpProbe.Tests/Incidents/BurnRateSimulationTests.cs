using System.Globalization;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using McpProbe.Uptime;

namespace McpProbe.Tests.Incidents;

/// <summary>
/// How soon a spent error budget is told, and how soon after the trouble the incident resolves: three calm days, then a fault in which
/// every so many-th probe fails, then calm again. Counted as the heads do, judged by the machine. docs/incidents.md has the table.
/// </summary>
public class BurnRateSimulationTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Calm = TimeSpan.FromDays(3);

    /// <summary>Objective, every how many-th probe fails, how long.</summary>
    public static TheoryData<double, int, string> Faults => new()
    {
        { 99.9, 1, "10m" }, { 99.9, 1, "1h" }, { 99.9, 2, "1h" }, { 99.9, 10, "6h" }, { 99.9, 20, "6h" }, { 99.9, 50, "12h" }, { 99.9, 100, "24h" },
        { 99, 1, "10m" }, { 99, 1, "1h" }, { 99, 2, "1h" }, { 99, 10, "6h" }, { 99, 50, "48h" }, { 99, 200, "24h" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Table_OfTheDocument_IsWhatTheMachineDoes(double slo, int every, string lasts)
    {
        var row = Simulate(slo, every, lasts);
        TestContext.Current.TestOutputHelper!.WriteLine(row);

        var document = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "docs", "incidents.md"));
        Assert.Contains(row, document);
    }

    // One probe that fails wakes nobody, whatever share of few it is; and it costs no more than two hours of counting.
    [Theory]
    [InlineData(99.9)]
    [InlineData(99.99)]
    public void OneFailure_OpensNothing_AndIsForgottenAfterTwoHours(double slo)
    {
        var world = new World(slo);
        world.Run(Calm, _ => false);
        world.Run(TimeSpan.FromMinutes(1), _ => true);
        Assert.NotNull(world.State.Budget);
        world.Run(TimeSpan.FromHours(2), _ => false);

        Assert.DoesNotContain(world.Told, each => each.Incident.Kind is IncidentKind.Slo);
        Assert.Null(world.State.Budget);
        Assert.Null(world.State.DueAt);
    }

    [Fact]
    public void WithoutAnObjective_NothingIsWatched()
    {
        var world = new World(slo: null);
        world.Run(Calm, _ => false);
        world.Run(TimeSpan.FromHours(2), _ => true);

        Assert.Null(world.State.Budget);
        Assert.DoesNotContain(world.Told, each => each.Incident.Kind is IncidentKind.Slo);
    }

    [Fact]
    public void ObjectiveTakenAway_ResolvesTheIncident()
    {
        var world = new World(99.9);
        world.Run(Calm, _ => false);
        world.Run(TimeSpan.FromMinutes(10), _ => true);
        Assert.Contains(world.State.OpenIncidents, each => each.Kind is IncidentKind.Slo);

        world.Endpoint = world.Endpoint with { Slo = null };
        world.Run(TimeSpan.FromMinutes(1), _ => true);

        Assert.DoesNotContain(world.State.OpenIncidents, each => each.Kind is IncidentKind.Slo);
        Assert.Null(world.State.Budget);
        Assert.Equal(IncidentRules.SwitchedOff, world.Told.Last(each => each.Incident.Kind is IncidentKind.Slo).Incident.Rule);
    }

    [Fact]
    public void InAMaintenance_NothingCountsAndNothingOpens()
    {
        var world = new World(99.9);
        world.Run(Calm, _ => false);
        world.Judge(new MaintenanceChanged(world.Now, new AdHocMaintenance(world.Now, world.Now.AddHours(1), "Ann", null)));
        world.Run(TimeSpan.FromMinutes(59), _ => true, maintenance: true);

        Assert.Null(world.State.Budget);
        Assert.Empty(world.Told);
    }

    [Fact]
    public void WorseRule_IsToldAgain_AndTheSeverityRises()
    {
        var world = new World(99);
        world.Run(Calm, _ => false);
        world.Run(TimeSpan.FromHours(12), slot => slot % 50 == 0);
        world.Run(TimeSpan.FromHours(1), _ => true);

        var told = world.Told.Where(each => each.Incident.Kind is IncidentKind.Slo).ToList();
        Assert.Equal(told.Count, told.Select(each => each.Incident.Rule).Distinct().Count());
        Assert.Equal(IncidentSeverity.Critical, told[^1].Incident.Severity);
        Assert.Equal([.. told.Select(each => each.Incident.Severity).Order()], told.Select(each => each.Incident.Severity));
    }

    // Nobody probes: what is open stays, since nobody knows.
    [Fact]
    public void Silence_ResolvesNothing()
    {
        var world = new World(99.9);
        world.Run(Calm, _ => false);
        world.Run(TimeSpan.FromMinutes(10), _ => true);

        world.Run(TimeSpan.FromHours(3), _ => null);

        Assert.Contains(world.State.OpenIncidents, each => each.Kind is IncidentKind.Slo);
    }

    [Theory]
    [InlineData(5, 0, false)]
    [InlineData(4, 1, false)]
    [InlineData(3, 2, true)]
    [InlineData(0, 2, false)]
    [InlineData(0, 3, true)]
    public void ShortWindow_WithTooFewProbesOrFailures_DoesNotFire(long up, long down, bool fires)
    {
        var rule = BurnRule.All[0];
        WindowCounts[] counts = [new(rule.LongWindow, 50, 10), new(rule.ShortWindow, up, down)];

        Assert.Equal(fires, rule.Fires(counts, 99.9));
        Assert.False(rule.Fires([new(rule.LongWindow, 0, BurnRule.FewestLong - 1), counts[1]], 99.9));
    }

    private static string Simulate(double slo, int every, string lasts)
    {
        Assert.True(Durations.TryParse(lasts, out var length));
        var world = new World(slo);
        world.Run(Calm, _ => false);
        var begin = world.Now;
        world.Run(length, slot => slot % every == 0);
        var end = world.Now;
        world.Run(TimeSpan.FromDays(4), _ => false);

        var told = world.Told.Where(each => each.Incident.Kind is IncidentKind.Slo).ToList();
        var share = string.Create(CultureInfo.InvariantCulture, $"{100.0 / every:0.##} %");
        string[] cells = told.Count == 0
            ? ["–", "–"]
            :
            [
                string.Join(", ", told.Where(each => each.Type is not TransitionType.Resolved).Select(each => $"`{each.Incident.Rule}` {Durations.Format(each.At - begin)}")),
                Durations.Format(told.Single(each => each.Type is TransitionType.Resolved).At - end),
            ];
        return string.Create(CultureInfo.InvariantCulture, $"| {slo} % | {share} of the probes, {lasts} | {cells[0]} | {cells[1]} |");
    }

    /// <summary>One endpoint, a probe a minute, a look a minute when it is due: as the sweep does.</summary>
    private sealed class World(double? slo)
    {
        private readonly List<ProbeRecord> _results = [];
        private readonly Dictionary<DateTimeOffset, RollupRecord> _hours = [];
        private int _slot;

        internal Endpoint Endpoint { get; set; } = Watched.Everything with { Slo = slo };

        internal EndpointState State { get; private set; } = EndpointState.New;

        internal DateTimeOffset Now { get; private set; } = Start;

        internal List<Transition> Told { get; } = [];

        /// <param name="fails">Null for no probe.</param>
        internal void Run(TimeSpan length, Func<int, bool?> fails, bool maintenance = false)
        {
            for (var until = Now + length; Now < until;)
            {
                Now += Endpoint.Interval;
                if (fails(_slot++) is { } failed)
                {
                    var result = Watched.Result(failed ? 'x' : '+', Now) with { Maintenance = maintenance };
                    _results.Add(new ProbeRecord(Now, "local", result));
                    Judge(new Observation(Now, "local", result, DriftWatch.Next(State, "local", result), []));
                }

                if (State.DueAt <= Now)
                    Judge(State.Budget?.LookAt <= Now && Endpoint.Slo is not null ? new BudgetMeasured(Now, Count()) : new TimePassed(Now));
            }
        }

        internal void Judge(EndpointEvent occurred)
        {
            var judgement = IncidentMachine.Judge(State, occurred, Endpoint);
            State = judgement.State;
            Told.AddRange(judgement.Transitions);
        }

        private IReadOnlyList<WindowCounts> Count()
        {
            var seam = Floor(Now.AddHours(-2));
            var hours = new List<RollupRecord>();
            for (var hour = Floor(Now.AddDays(-3)); hour < seam; hour = hour.AddHours(1))
            {
                // It is over: it is rolled up once.
                if (!_hours.TryGetValue(hour, out var rolled))
                {
                    var all = Between(hour, hour.AddHours(1)).Select(record => record.Result).ToList();
                    _hours.Add(hour, rolled = new RollupRecord(RollupPeriod.Hour, hour, "local", Rollup.Of(all, all.Count)));
                }

                hours.Add(rolled);
            }

            return BudgetCounts.Count([.. Between(seam, Now.AddTicks(1))], hours, since: null, Now);
        }

        private IEnumerable<ProbeRecord> Between(DateTimeOffset from, DateTimeOffset until)
        {
            for (var at = _results.Count - 1; at >= 0 && _results[at].Slot >= from; at--)
            {
                if (_results[at].Slot < until)
                    yield return _results[at];
            }
        }

        private static DateTimeOffset Floor(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerHour, TimeSpan.Zero);
    }
}
