using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Testing;

// What reports read of a store, and what they leave there.
public abstract partial class RollupStoreContract
{
    private IDeliveryStore Deliveries => (IDeliveryStore)Store;

    private SlaReporter Reporter(TimeProvider time) => new(
        Endpoints, Monitor, (IMonitorHistory)Store, Store, [StoreSamples.Location], Retention.Default, time);

    [Fact]
    public async Task Report_OverDaysHoursAndResults_CountsEachOnce()
    {
        await AddAsync("a");
        var time = new FakeTimeProvider(Midnight.AddHours(30).AddMinutes(10));
        // A day, the hours of the next until four, and results since; in Kolkata the day begins half an hour into an hour.
        foreach (var hour in Enumerable.Range(-6, 34))
            await RecordAsync("a", Midnight.AddHours(hour).AddMinutes(10), hour % 5 == 0 ? Verdict.Down : Verdict.Healthy, handshakeMs: 10);
        await Store.WriteRolledThroughAsync(Midnight.AddHours(-7), Cancellation);
        await new RollUpJob(Endpoints, Monitor, Store, [], new FakeTimeProvider(Midnight.AddHours(28).AddMinutes(10))).RunAsync(Cancellation);
        await RecordAsync("a", Midnight.AddHours(28).AddMinutes(20), Verdict.Healthy, handshakeMs: 10);
        await RecordAsync("a", Midnight.AddHours(29).AddMinutes(20), Verdict.Gated, handshakeMs: 10);

        var (whole, _) = ReportRange.Read("2026-11-21T18:00:00Z", null, null, null, time.GetUtcNow());
        var (india, _) = ReportRange.Read("2026-11-22", "2026-11-22", null, "Asia/Kolkata", time.GetUtcNow());
        var chosen = (await Reporter(time).ChooseAsync([], [], Cancellation)).Chosen!;
        var all = (await Reporter(time).ReadAsync(chosen, whole!, Cancellation)).Total.Probes;
        var day = (await Reporter(time).ReadAsync(chosen, india!, Cancellation)).Total.Probes;

        Assert.Equal((28L, 7L, 1L), (all.Healthy, all.Down, all.Gated));
        // From 18:30 to 18:30: the hours -5 to 18.
        Assert.Equal((19L, 5L), (day.Healthy, day.Down));
    }

    [Fact]
    public async Task MonthlyReport_IsSentOnceAMonthAndChannel()
    {
        await AddAsync("a");
        DateTimeOffset At(int month, int day, int hour) => new(2026, month, day, hour, 5, 0, TimeSpan.Zero);
        await Store.WriteRollupsAsync(
            "a", [new RollupRecord(RollupPeriod.Day, new(2026, 10, 5, 0, 0, 0, TimeSpan.Zero), StoreSamples.Location, OfLatency(7, 1440) with { Down = 4 })], Cancellation);
        var time = new FakeTimeProvider(At(11, 1, 0));
        var schedules = new ReportSchedules { All = [new("mail", "UTC", []), new("other", "America/New_York", ["no such group"])] };
        var outbox = new Kept(Deliveries);
        async Task<int> RunAsync()
        {
            await Store.WriteRolledThroughAsync(UptimeSummary.FloorHour(time.GetUtcNow().AddMinutes(-5)), Cancellation);
            return await new MonthlyReports(schedules, Reporter(time), Endpoints, Store, Deliveries, time).RunAsync(outbox, Cancellation);
        }

        // Not before what came late is rolled up too; then once, also after a restart and in another zone.
        Assert.Equal(0, await RunAsync());
        time.Advance(Hour);
        Assert.Equal(1, await RunAsync());
        await ReopenAsync();
        outbox = new Kept(Deliveries);
        Assert.Equal(0, await RunAsync());
        schedules.All = [new("mail", "Europe/Berlin", [])];
        time.Advance(Hour);
        Assert.Equal(0, await RunAsync());

        var waiting = Assert.Single(await Deliveries.ReadWaitingAsync("mail", 10, Cancellation));
        var kept = (await Deliveries.FindTransitionAsync(waiting.TransitionId, Cancellation))!;
        Assert.Equal(("mail_slo_20261001T000000000Z_1", "Uptime report of October 2026"), (kept.Id, kept.Report!.Title));
        Assert.Contains("99.722 %", Assert.Single(kept.Report.Lines), StringComparison.Ordinal);
        Assert.Equal("/reports?from=2026-10-01&to=2026-10-31&zone=UTC", kept.Report.Path);

        // One that was delivered is not sent again; the next month is.
        await Deliveries.WriteDeliveryAsync(waiting with { Status = DeliveryStatus.Delivered, NextAttemptAt = null }, Cancellation);
        time.SetUtcNow(At(12, 1, 3));
        await Store.WriteRollupsAsync(
            "a", [new RollupRecord(RollupPeriod.Day, new(2026, 11, 5, 0, 0, 0, TimeSpan.Zero), StoreSamples.Location, OfLatency(7, 1440))], Cancellation);
        Assert.Equal(1, await RunAsync());
        Assert.Equal("mail_slo_20261101T000000000Z_1", Assert.Single(await Deliveries.ReadWaitingAsync("mail", 10, Cancellation)).TransitionId);
    }

    /// <summary>As every outbox does first.</summary>
    private sealed class Kept(IDeliveryStore deliveries) : IAlertOutbox
    {
        public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) => deliveries.KeepAsync(transition, cancellationToken);
    }
}
