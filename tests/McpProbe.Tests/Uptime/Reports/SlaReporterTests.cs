using CsCheck;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Text;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Uptime.Reports;

public class SlaReporterTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private static readonly string[] Locations = ["home", "west"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Around the days that summer time begins or ends on.</summary>
    private static readonly (string Zone, string Day)[] Places =
    [
        ("UTC", "2026-06-15"), ("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"), ("America/New_York", "2026-11-01"),
        ("Africa/Cairo", "2026-04-24"), ("Asia/Kolkata", "2026-06-15"), ("Australia/Lord_Howe", "2026-04-05"), ("Asia/Kathmandu", "2026-06-15"),
    ];

    // The promise of a report: over rollups, hours and results it says what the results say, whatever the range and the zone.
    [Fact]
    public async Task Figures_OverRollups_AreThoseOverTheResults() =>
        await Gen.Select(Gen.Int[0, Places.Length - 1], Gen.Int[0, 60 * 24 * 4], Gen.Int[1, 60 * 24 * 4], Gen.Int[0, 2], Gen.Int[0, 96], Gen.Int).SampleAsync(
            async (place, begin, length, kind, behind, seed) =>
            {
                var (zone, day) = Places[place];
                var (noon, random) = (DateTimeOffset.Parse(day + "T12:00:00Z"), new Random(seed));
                var (start, end) = (noon.AddDays(-2).AddHours(-12), noon.AddDays(2));
                var store = new MemoryStore();
                var registered = StoreSamples.Registered("a");
                registered = registered with { Endpoint = registered.Endpoint with { Interval = Interval } };
                await store.PutEndpointAsync(registered, Cancellation);
                var records = Slots(registered.Endpoint, start, end, random).ToList();
                foreach (var record in records)
                    await RecordAsync(store, "a", record);
                // Up to two days are not rolled up yet.
                var now = end.AddMinutes(random.Next(1, 600));
                await store.WriteRolledThroughAsync(start.AddHours(-2), Cancellation);
                await new RollUpJob(store, store, store, Locations, new FakeTimeProvider(now.AddHours(-Math.Min(behind, 40)))).RunAsync(Cancellation);

                var from = kind switch { 0 => start.AddMinutes(begin), 1 => UptimeSummary.FloorHour(start.AddMinutes(begin)), _ => start };
                var until = kind switch { 0 => from.AddMinutes(length), 1 => UptimeSummary.FloorHour(from.AddMinutes(length).AddHours(1)), _ => end };
                var (range, mistakes) = kind == 2
                    ? ReportRange.Read(day, day, null, zone, now)
                    : ReportRange.Read(Iso(from), Iso(until < now ? until : now), null, zone, now);
                Assert.Empty(mistakes);

                var report = await Reporter(store, now).ReadAsync([registered], range!, Cancellation);

                Assert.Empty(report.Notes);
                var inRange = records.Where(record => record.Slot >= range!.From && record.Slot < range.Until).ToList();
                AssertSame(inRange, Schedule.SlotsIn(registered.Endpoint, range!.From, range.Until < end ? range.Until : end).Count() * Locations.Length, report, range.Until > end);
            },
            iter: 150);

    private static void AssertSame(IReadOnlyList<ProbeRecord> records, int slots, SlaReport report, bool beyond)
    {
        var probes = report.Total.Probes;
        long Count(Verdict verdict) => records.Count(record => record.Result.Verdict == verdict && !record.Result.Maintenance);
        var maintenance = records.Count(record => record.Result.Maintenance);
        Assert.Equal(
            (Count(Verdict.Healthy), Count(Verdict.Degraded), Count(Verdict.Gated), Count(Verdict.Down), Count(Verdict.Unknown), (long)maintenance),
            (probes.Healthy, probes.Degraded, probes.Gated, probes.Down, probes.Unknown, probes.Maintenance));
        // After the last result nobody probed: those slots are gaps.
        if (!beyond)
            Assert.Equal(slots - maintenance, probes.Expected);
        foreach (var phase in PhaseLatencies.Phases)
        {
            var values = records.Where(record => record.Result is { Maintenance: false, Cold: false, Verdict: Verdict.Healthy or Verdict.Degraded })
                .Select(record => PhaseLatencies.Ms(record.Result.Timings, phase)).OfType<double>().ToList();
            var figures = report.Total.Latency.SingleOrDefault(each => each.Phase == phase);
            Assert.Equal(values.Count, figures?.Samples ?? 0);
            if (figures is null)
                continue;
            foreach (var (share, reported) in new[] { (0.5, figures.P50Ms), (0.95, figures.P95Ms), (0.99, figures.P99Ms) })
            {
                var exact = NearestRank.In(values, share)!.Value;
                Assert.InRange(reported, exact * 0.955 - 0.01, exact * 1.045 + 0.01);
            }
        }
    }

    private static IEnumerable<ProbeRecord> Slots(Endpoint endpoint, DateTimeOffset start, DateTimeOffset end, Random random)
    {
        var (bad, maintained) = (0, 0);
        foreach (var slot in Schedule.SlotsIn(endpoint, start, end))
        {
            bad = bad > 0 ? bad - 1 : random.Next(40) == 0 ? random.Next(20) : 0;
            maintained = maintained > 0 ? maintained - 1 : random.Next(200) == 0 ? random.Next(20) : 0;
            foreach (var location in Locations)
            {
                if (random.Next(25) == 0)
                    continue;
                yield return new ProbeRecord(slot, location, new ProbeResult
                {
                    Target = "https://example.com/mcp",
                    Verdict = bad > 0 ? Verdict.Down : (Verdict)(random.Next(8) is var die and < 5 ? die : 0),
                    Cold = random.Next(100) == 0,
                    Maintenance = maintained > 0,
                    Timings = new Timings(Ms(random), null, Ms(random), Ms(random), random.Next(2) == 0 ? Ms(random) : null, null, Ms(random)),
                    StartedAt = slot,
                });
            }
        }
    }

    private static double Ms(Random random) => Math.Round(Math.Exp(random.NextDouble() * 8), 2);

    [Fact]
    public async Task Report_OfAnEndpointWithAnObjective_SaysWhatIsLeftOfItsBudget()
    {
        var now = new DateTimeOffset(2026, 11, 2, 0, 30, 0, TimeSpan.Zero);
        var store = new MemoryStore();
        var strict = await AddAsync(store, "strict", 99.9, "shop");
        var lax = await AddAsync(store, "lax", 99, "shop");
        var free = await AddAsync(store, "free", null, null);
        foreach (var (id, down) in new[] { ("strict", 3), ("lax", 5), ("free", 100) })
        {
            await store.WriteRollupsAsync(
                id,
                [.. Enumerable.Range(1, 10).Select(day => new RollupRecord(
                    RollupPeriod.Day, new DateTimeOffset(2026, 10, day, 0, 0, 0, TimeSpan.Zero), "home", new Rollup { Healthy = 100, Expected = 110, Down = day == 1 ? down : 0 }))],
                Cancellation);
        }

        await store.WriteRolledThroughAsync(now.AddHours(-1), Cancellation);
        var report = await Reporter(store, now).ReadAsync([strict, lax, free], October(now), Cancellation);

        var budgets = report.Endpoints.ToDictionary(each => each.Id, each => each.Figures.Budget);
        Assert.Null(budgets["free"]);
        Assert.Equal((99.9, 3, false), (budgets["strict"]!.ObjectivePercent, budgets["strict"]!.FailedProbes, budgets["strict"]!.IsMet));
        Assert.Equal(1.003, budgets["strict"]!.AllowedProbes, 6);
        Assert.Equal(100 * (1 - 3 / 1.003), budgets["strict"]!.LeftPercent!.Value, 6);
        Assert.Equal((3 * 60.0, true), (budgets["strict"]!.FailedSeconds, budgets["lax"]!.IsMet));
        // A group's budget is what its endpoints may spend together.
        var shop = report.Groups.Single(group => group.Name == "shop");
        Assert.Equal((2, 8L), (shop.Endpoints, shop.Figures.Budget!.FailedProbes));
        Assert.Equal(1.003 + 10.05, shop.Figures.Budget.AllowedProbes, 6);
        // The whole is about those with an objective only.
        Assert.Equal(8, report.Total.Budget!.FailedProbes);
        Assert.Equal(["shop", null], report.Groups.Select(group => group.Name));
    }

    [Fact]
    public async Task Report_OfOutages_SaysHowLongTheyTookToRepairAndToCome()
    {
        var now = new DateTimeOffset(2026, 11, 2, 0, 30, 0, TimeSpan.Zero);
        var store = new MemoryStore();
        var a = await AddAsync(store, "a", null, null);
        DateTimeOffset At(int month, int day, int hour) => new(2026, month, day, hour, 0, 0, TimeSpan.Zero);
        // Reaches in, lies within, is of another kind, reaches out, lies after and before.
        Add(At(9, 30, 22), At(10, 1, 2));
        Add(At(10, 10, 10), At(10, 10, 12));
        Add(At(10, 15, 10), At(10, 15, 20), IncidentKind.Degraded);
        Add(At(10, 31, 23), At(11, 1, 5));
        Add(At(11, 1, 10), null);
        Add(At(9, 20, 10), At(9, 20, 12));
        await store.WriteRollupsAsync(
            "a", [.. Enumerable.Range(1, 31).Select(day => new RollupRecord(RollupPeriod.Day, At(10, day, 0), "home", new Rollup { Healthy = 1440, Expected = 1440 }))], Cancellation);
        await store.WriteRolledThroughAsync(now.AddHours(-1), Cancellation);

        var report = await Reporter(store, now).ReadAsync([a], October(now), Cancellation);

        var figures = report.Endpoints.Single().Figures.Outages;
        Assert.Equal([(4.0, 2.0), (2, 2), (6, 1)], report.Endpoints.Single().Outages.Select(each => (each.Seconds / 3600, each.SecondsInRange / 3600)));
        Assert.Equal((3, 5 * 3600.0, 3 * 3600.0), (figures.Count, figures.Seconds, figures.MttrSeconds));
        Assert.Equal((31 * 24 - 5) * 3600.0 / 2, figures.MtbfSeconds);

        void Add(DateTimeOffset since, DateTimeOffset? resolved, IncidentKind kind = IncidentKind.Outage)
        {
            var incident = new Incident(IncidentIds.Of("a", kind, since), "a", kind, since, resolved, IncidentRules.FailuresInARow, 1, "down");
            store.Incidents[incident.Id] = incident;
        }
    }

    [Fact]
    public async Task Report_OverMoreThanIsKept_SaysWhatIsMissing()
    {
        var now = new DateTimeOffset(2026, 11, 2, 0, 30, 0, TimeSpan.Zero);
        var store = new MemoryStore();
        var a = await AddAsync(store, "a", null, null);
        await store.WriteRolledThroughAsync(now.AddHours(-1), Cancellation);

        var (range, _) = ReportRange.Read("2021-01-01", "2026-10-31", null, "Asia/Kolkata", now);
        var report = await Reporter(store, now).ReadAsync([a], range!, Cancellation);

        Assert.Equal(
            [
                "The days from 2021-01-01 05:30 to 2021-11-03 05:30 are missing: they are kept for 1826 days.",
                "The hours from 2021-01-01 00:30 to 2021-01-01 05:30 are missing: they are kept for 400 days.",
                "The time from 2021-01-01 00:00 to 2021-01-01 00:30 is left out: it is no full hour of UTC, and single results are kept for 35 days.",
                "Outages and catalogue changes before 2025-09-28 06:00 are missing: they are kept for 400 days.",
            ],
            report.Notes);
        Assert.Contains("Nothing was observed.", report.Endpoints.Single().Notes);
    }

    // The time must not depend on how long the range is: what is read is counted, since clocks are no judges here.
    [Theory]
    [InlineData("90d", 5)]
    [InlineData("365d", 5)]
    [InlineData("2026-10", 3)]
    public async Task Report_OfManyEndpoints_ReadsFewTimesEach(string text, int each)
    {
        const int Endpoints = 20;
        var now = new DateTimeOffset(2026, 11, 2, 0, 30, 0, TimeSpan.Zero);
        var store = new MemoryStore();
        var all = new List<RegisteredEndpoint>();
        for (var number = 0; number < Endpoints; number++)
        {
            all.Add(await AddAsync(store, $"endpoint-{number}", null, null));
            foreach (var slot in Schedule.SlotsIn(all[^1].Endpoint, now.AddHours(-2), now))
                await RecordAsync(store, all[^1].Endpoint.Id, new ProbeRecord(slot, "home", Watched(slot)));
        }

        await store.WriteRolledThroughAsync(now.AddMinutes(-30), Cancellation);
        var (range, _) = ReportRange.Read(null, null, text, null, now);
        var before = store.Steps;

        await Reporter(store, now, "home").ReadAsync(all, range!, Cancellation);

        // And the mark.
        Assert.InRange(store.Steps - before, 1, Endpoints * (each + 1) + 1);
    }

    [Fact]
    public async Task Choose_WhatIsNotThere_NamesEveryMistake()
    {
        var store = new MemoryStore();
        await AddAsync(store, "orders", null, "shop");
        await AddAsync(store, "docs", null, null);
        var reporter = Reporter(store, DateTimeOffset.UnixEpoch);

        var (chosen, mistakes) = await reporter.ChooseAsync(["order", "docs", "zzzzzzzzzz"], ["shopp"], Cancellation);

        Assert.Null(chosen);
        Assert.Equal(
            [
                ("endpoint", "there is no endpoint 'order'; did you mean 'orders'?"), ("endpoint", "there is no endpoint 'zzzzzzzzzz'."),
                ("group", "there is no group 'shopp'; did you mean 'shop'?"),
            ],
            mistakes.Select(mistake => (mistake.Field, mistake.Message)));
        Assert.Equal(["docs", "orders"], (await reporter.ChooseAsync([], [], Cancellation)).Chosen!.Select(each => each.Endpoint.Id));
        Assert.Equal(["orders"], (await reporter.ChooseAsync([], ["shop"], Cancellation)).Chosen!.Select(each => each.Endpoint.Id));
    }

    private static ReportRange October(DateTimeOffset now) => ReportRange.Read(null, null, "2026-10", null, now).Value!;

    private static SlaReporter Reporter(MemoryStore store, DateTimeOffset now, params string[] locations) => new(
        store, store, store, store, locations.Length > 0 ? locations : Locations, Retention.Default, new FakeTimeProvider(now), atOnce: 1);

    private static async Task<RegisteredEndpoint> AddAsync(MemoryStore store, string id, double? slo, string? group)
    {
        var sample = StoreSamples.Registered(id);
        var registered = sample with { Endpoint = sample.Endpoint with { Slo = slo, Group = group } };
        await store.PutEndpointAsync(registered, Cancellation);
        return registered;
    }

    private static ProbeResult Watched(DateTimeOffset slot) => new()
    {
        Target = "https://example.com/mcp",
        Verdict = Verdict.Healthy,
        Timings = new Timings(null, null, null, 5, null, null, 5),
        StartedAt = slot,
    };

    private static async Task RecordAsync(MemoryStore store, string id, ProbeRecord record) => await store.CommitAsync(
        new StateChange { EndpointId = id, Before = (await store.ReadStateAsync(id, Cancellation))!, Record = record }, Cancellation);

    private static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
