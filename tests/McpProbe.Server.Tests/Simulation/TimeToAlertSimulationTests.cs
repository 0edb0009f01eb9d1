using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.Simulation;

/// <summary>The time-to-alert budget (docs/architecture.md, Budgets), over a long time of one endpoint with random outages.</summary>
public sealed class TimeToAlertSimulationTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    private static readonly Endpoint Watched = StoreSamples.Endpoint("a") with
    {
        Channels = ["ops"],
        Alerts = McpProbe.Endpoints.AlertPolicy.Default with { Flapping = null },
    };

    [Theory]
    [InlineData(30)]
    [InlineData(365, Explicit = true)]
    public async Task Outages_OverALongTime_AreEachAlertedWithinTheBudget(int days)
    {
        const int Seed = 20261122;
        var slots = days * 24 * 60;
        var random = new Random(Seed);
        var script = Script(slots, random);
        var slot = 0;
        await using var head = new SimulatedHead(
            Watched,
            async (simulated, endpoint) =>
            {
                var found = script[slot];
                if (found is FailureKind.Timeout)
                    await simulated.SleepAsync(endpoint.Timeout);
                return Result(endpoint, found, simulated.Time.GetUtcNow());
            },
            () => TimeSpan.FromMilliseconds(random.Next(50, 3000)));

        var system = TimeProvider.System;
        var began = system.GetTimestamp();
        await head.StartAsync();
        var first = Schedule.SlotAt(Watched, head.Time.GetUtcNow());
        var (failures, successes, isOpen, transitions) = (0, 0, false, 0);
        var outage = first;
        var (expected, delays) = (new List<TransitionType>(), new List<TimeSpan>());
        for (slot = 1; slot < slots; slot++)
        {
            var at = first + slot * Watched.Interval;
            await head.WorkAsync(at);

            // The truth, told once more in the plainest way.
            if (script[slot] is null)
            {
                (failures, successes) = (0, isOpen ? successes + 1 : 0);
            }
            else
            {
                if (failures++ == 0)
                    outage = at;
                successes = 0;
            }
            if (!isOpen && failures == Watched.FailureThreshold)
            {
                isOpen = true;
                expected.Add(TransitionType.Opened);
                await head.ArrivedAsync(++transitions);
                delays.Add(head.Alerts[^1].At - outage);
            }
            else if (isOpen && successes == Watched.SuccessThreshold)
            {
                (isOpen, successes) = (false, 0);
                expected.Add(TransitionType.Resolved);
                await head.ArrivedAsync(++transitions);
            }
        }
        var took = system.GetElapsedTime(began);

        Assert.Equal(expected, head.Alerts.Select(alert => alert.Type));
        Assert.Equal(expected.Count, head.Alerts.Select(alert => alert.Id).Distinct().Count());
        Assert.True(delays.Count >= days / 4, $"only {delays.Count} outages");
        var budget = (Watched.FailureThreshold - 1) * Watched.Interval + Watched.Timeout + Slack;
        Assert.All(delays, delay => Assert.InRange(delay, (Watched.FailureThreshold - 1) * Watched.Interval, budget));
        delays.Sort();
        output.WriteLine(
            $"{days} days, {slots:N0} slots in {took.TotalSeconds:F1} s; {delays.Count} outages alerted, {expected.Count} alerts; from the first failed slot to the alert: "
            + $"p50 {At(0.5):F1} s, p90 {At(0.9):F1} s, p99 {At(0.99):F1} s, longest {At(1):F1} s; budget {budget.TotalSeconds} s");

        double At(double share) => delays[(int)Math.Ceiling(share * (delays.Count - 1))].TotalSeconds;
    }

    // Mostly well; now and then failures in a row, from one slot (nobody is told) to two hours.
    private static FailureKind?[] Script(int slots, Random random)
    {
        var script = new FailureKind?[slots];
        for (var slot = random.Next(5, 100); slot < slots; slot += random.Next(1, 4000))
        {
            var kind = random.Next(2) == 0 ? FailureKind.Timeout : FailureKind.Refused;
            for (var end = Math.Min(slots, slot + (random.Next(4) == 0 ? random.Next(1, 120) : random.Next(1, 8))); slot < end; slot++)
                script[slot] = kind;
        }
        return script;
    }

    private static ProbeResult Result(Endpoint endpoint, FailureKind? found, DateTimeOffset now) => new()
    {
        Target = endpoint.Target,
        Verdict = found is null ? Verdict.Healthy : Verdict.Down,
        Failure = found is { } kind ? new Failure(kind, Phase.Connect, "simulated") : null,
        Timings = new Timings(0.1, 0.2, null, 3.1, 1.9, null, 6),
        StartedAt = now,
    };
}
