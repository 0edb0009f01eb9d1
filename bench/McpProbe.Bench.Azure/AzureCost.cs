using System.Globalization;
using System.Text;
using McpProbe.Functions;

namespace McpProbe.Bench.Azure;

/// <summary>The tables of docs/cost.md, as Markdown.</summary>
internal static class AzureCost
{
    public const double Budget = 20;

    private static readonly int[] Sizes = [100, 1_000, 10_000, 100_000];
    private static readonly int[] Dead = [0, 1, 5];
    private static readonly int[] Memories = [512, 2048];
    private static readonly TimeSpan Simulated = TimeSpan.FromMinutes(4);

    /// <summary>What a probe took of a core in the real host once, in small messages: the most that was ever measured.</summary>
    private static readonly Durations Slow = new() { CpuOfProbe = TimeSpan.FromMilliseconds(2.7) };

    public sealed record Case(Fleet Fleet, int MemoryMb, SimulatedSchedule Schedule, HostRun Run, MonthlyCost Cost);

    public static async Task<Case> SimulateAsync(int endpoints, int dead, int memoryMb, int alwaysReady) =>
        Simulate(await ScheduleAsync(endpoints, dead), memoryMb, alwaysReady, new Durations());

    /// <summary>What docs/cost.md shows between its marks.</summary>
    public static async Task<string> TableAsync()
    {
        var cases = new Dictionary<(int Endpoints, int Dead, int Memory), Case>();
        var slow = new Dictionary<(int Endpoints, int Memory), Case>();
        foreach (var endpoints in Sizes)
        {
            foreach (var dead in Dead)
            {
                var scheduled = await ScheduleAsync(endpoints, dead);
                foreach (var memory in Memories)
                    cases[(endpoints, dead, memory)] = Simulate(scheduled, memory, alwaysReady: 0, new Durations());
                if (dead == 1)
                {
                    foreach (var memory in Memories)
                        slow[(endpoints, memory)] = Simulate(scheduled, memory, alwaysReady: 0, Slow);
                }
            }
        }

        var text = new StringBuilder();
        void Row(string name, Func<int, string> value) =>
            text.AppendLine($"| {name,-46} | {string.Join(" | ", Sizes.Select(size => value(size).PadLeft(9)))} |");
        void Head(string title)
        {
            text.AppendLine();
            Row(title, size => size.ToString("N0", CultureInfo.InvariantCulture));
            text.AppendLine($"|{new string('-', 48)}|{string.Concat(Enumerable.Repeat($"{new string('-', 10)}:|", Sizes.Length))}");
        }

        void Money(string name, Func<MonthlyCost, double> part) => Row(name, size => Dollars(part(cases[(size, 1, 512)].Cost)));

        text.Append("Dollars a month, 512 MB an instance, 1 % of the servers dead:");
        text.AppendLine();
        Head("Endpoints");
        Money("Working time, probes and timers", cost => cost.WorkingTime);
        Money("Executions", cost => cost.Executions);
        Money("Queue requests", cost => cost.Queue);
        Money("Table requests", cost => cost.Tables);
        Money("The host's own requests", cost => cost.Idle);
        Money("Results and rollups kept", cost => cost.Kept);
        Money("Log ingestion", cost => cost.Logs);
        Money("Two log alerts on the prober itself", cost => cost.Alerts);
        Money("**Together**", cost => cost.Total);

        text.AppendLine();
        text.AppendLine("Dollars a month, everything together:");
        Head("Endpoints");
        foreach (var memory in Memories)
        {
            foreach (var dead in Dead)
                Row($"{memory.ToString("N0", CultureInfo.InvariantCulture)} MB, {dead} % dead", size => Dollars(cases[(size, dead, memory)].Cost.Total));
        }

        foreach (var memory in Memories)
            Row($"{memory.ToString("N0", CultureInfo.InvariantCulture)} MB, 1 % dead, 2.7 ms of a core a probe", size => Dollars(slow[(size, memory)].Cost.Total));

        text.AppendLine();
        text.AppendLine("How it works, 1 % of the servers dead:");
        Head("Endpoints");
        Row("Messages a minute", size => Number(PerMinute(cases[(size, 1, 512)], each => each.Schedule.Visible.Count())));
        Row("Probes a message", size => Number(cases[(size, 1, 512)].Schedule.Visible.Average(message => message.Probes.Count)));
        foreach (var memory in Memories)
        {
            var name = $"{memory.ToString("N0", CultureInfo.InvariantCulture)} MB";
            Row($"{name}: instances", size => Number(cases[(size, 1, memory)].Run.Instances));
            Row($"{name}: metered seconds a minute", size => Number(PerMinute(cases[(size, 1, memory)], each => each.Run.Metered.TotalSeconds)));
            Row($"{name}: most probes an instance holds", size => Number(cases[(size, 1, memory)].Run.MostInFlight));
            Row($"{name}: start lag p50, s", size => Number(cases[(size, 1, memory)].Run.Lag(50)));
            Row($"{name}: start lag p99, s", size => Number(cases[(size, 1, memory)].Run.Lag(99)));
        }

        return text.ToString();
    }

    private static async Task<(Fleet Fleet, HeadSettings Settings, SimulatedSchedule Schedule)> ScheduleAsync(int endpoints, int dead)
    {
        var fleet = new Fleet(endpoints, dead, TimeSpan.FromMinutes(1));
        var settings = SimulatedSchedule.Settings();
        return (fleet, settings, await SimulatedSchedule.RunAsync(fleet, settings, Simulated));
    }

    private static Case Simulate((Fleet Fleet, HeadSettings Settings, SimulatedSchedule Schedule) scheduled, int memoryMb, int alwaysReady, Durations durations)
    {
        var (fleet, settings, schedule) = scheduled;
        var host = HostJson.Read();
        var run = new SimulatedHost(host, fleet, memoryMb, durations).Run(schedule);
        return new Case(fleet, memoryMb, schedule, run, MonthlyCost.Of(schedule, run, fleet, settings, host, memoryMb, alwaysReady));
    }

    private static double PerMinute(Case simulated, Func<Case, double> inSimulation) => inSimulation(simulated) / simulated.Schedule.Length.TotalMinutes;

    private static string Dollars(double amount) => amount.ToString(amount >= 100 ? "$#,0" : "$0.00", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString(value >= 100 ? "#,0" : "0.#", CultureInfo.InvariantCulture);
}
