using System.Globalization;
using McpProbe.Functions.Scheduling;

namespace McpProbe.Bench.Azure;

/// <summary>
/// A fleet too large for one storage account: what its busiest queue, table partition and account see, against the limits that Azure
/// publishes. The schedule is the real one; a message is worked when it becomes visible. All accounts are alike, so one is simulated.
/// </summary>
internal static class AzureScale
{
    private const int QueueLimit = 2_000;
    private const int PartitionLimit = 2_000;
    private const int AccountLimit = 20_000;
    private const int MostEndpoints = 100_000;

    private const string Columns = "{0,-10}{1,10}{2,8}{3,12}{4,13}{5,15}{6,15}{7,11}";

    private static readonly TimeSpan Simulated = TimeSpan.FromMinutes(1);

    /// <summary>What one account sees in its busiest seconds.</summary>
    /// <param name="Queue">Messages of one queue, each sent, taken and deleted.</param>
    /// <param name="Partition">Entities of one shard's states.</param>
    /// <param name="Requests">Of the whole account.</param>
    /// <param name="Instances">Of all locations, with 512 MB.</param>
    public sealed record Load(double Queue, double Partition, double Requests, double Instances)
    {
        public double Fullest => Math.Max(Queue / QueueLimit, Math.Max(Partition / PartitionLimit, Requests / AccountLimit));

        public Load Times(double by) => new(Queue * by, Partition * by, Requests * by, Instances * by);
    }

    public static async Task RunAsync(int endpoints)
    {
        Console.WriteLine($"{endpoints.ToString("N0", CultureInfo.InvariantCulture)} endpoints at 60 s, 1 % dead. The busiest seconds of each account:");
        Print("accounts", "locations", "shards", "endpoints", $"queue/{QueueLimit}", $"shard/{PartitionLimit}", $"all/{AccountLimit}", "");
        foreach (var (accounts, locations, shards) in new[] { (1, 1, 4), (1, 1, 64), (2, 1, 64), (4, 1, 64), (8, 1, 64), (16, 1, 64), (32, 1, 64), (16, 3, 64), (32, 3, 64), (64, 3, 64) })
        {
            var each = endpoints / accounts;
            // What is too large to be simulated here asks for more in proportion.
            var simulated = Math.Min(each, MostEndpoints);
            var load = (await MeasureAsync(simulated, locations, shards)).Times((double)each / simulated);
            Print(accounts, locations, shards, Show(each), Show(load.Queue), Show(load.Partition), Show(load.Requests), load.Fullest <= 1 ? "fits" : $"{load.Fullest:0.0} x");
        }

        Console.WriteLine();
        Console.WriteLine("What one account takes while nothing in it is fuller than three quarters:");
        Print("", "locations", "shards", "endpoints", "queue", "shard", "all", "instances");
        foreach (var (locations, shards) in new[] { (1, 4), (1, 16), (1, 64), (3, 4), (3, 16), (3, 64) })
        {
            // Rows between those that are due grow with the shard, so the fleet is found by trying.
            var fits = 0;
            var last = new Load(0, 0, 0, 0);
            foreach (var size in new[] { 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 40_000, 50_000, 60_000, 80_000, MostEndpoints })
            {
                var load = await MeasureAsync(size, locations, shards);
                if (load.Fullest > 0.75)
                    break;
                (fits, last) = (size, load);
            }

            Print("", locations, shards, Show(fits), Show(last.Queue), Show(last.Partition), Show(last.Requests), Show(last.Instances));
        }
    }

    /// <param name="locations">Each probes every endpoint, from its own queue.</param>
    public static async Task<Load> MeasureAsync(int endpoints, int locations, int shards)
    {
        var fleet = new Fleet(endpoints, 1, TimeSpan.FromMinutes(1));
        var schedule = await ScheduleAsync(fleet, shards);
        var reads = new StateReads(fleet, shards, locations);

        var seconds = (int)Simulated.TotalSeconds;
        var (messages, requests) = (new double[seconds], new double[seconds]);
        var rows = Enumerable.Range(0, shards).Select(_ => new double[seconds]).ToArray();
        foreach (var message in schedule.Visible)
        {
            var second = (int)(message.VisibleAt - schedule.Start).TotalSeconds;
            messages[second]++;
            // Taken and deleted, and a result each.
            requests[second] += 2 + message.Probes.Count;
            foreach (var read in reads.Of(message).Concat(reads.WritesOf(message)))
            {
                requests[second] += read.Requests;
                rows[read.Shard][second] += read.Rows;
            }
        }

        // What becomes visible together is worked over the span until the next: instances have work for as long.
        var span = (int)ProbeBatch.Span.TotalSeconds;
        double Busiest(double[] each) => Enumerable.Range(0, seconds - span + 1).Max(from => each[from..(from + span)].Sum() / span);
        // A tick sends what it has through its connections, as fast as the service answers.
        var sending = Math.Min(messages.Sum() / 2, WindowScheduler.SendsAtOnce / 0.010);
        var queue = 2 * Busiest(messages) + sending;
        var run = new SimulatedHost(HostJson.Read(), fleet, 512, new Durations()).Run(schedule);
        return new Load(queue, locations * rows.Max(Busiest), locations * (Busiest(requests) + sending), locations * run.Instances);
    }

    private static readonly Dictionary<(int, int), SimulatedSchedule> Known = [];

    private static async Task<SimulatedSchedule> ScheduleAsync(Fleet fleet, int shards)
    {
        if (!Known.TryGetValue((fleet.Endpoints, shards), out var schedule))
        {
            schedule = await SimulatedSchedule.RunAsync(fleet, SimulatedSchedule.Settings(("Shards", $"{shards}")), Simulated);
            Known[(fleet.Endpoints, shards)] = schedule;
        }

        return schedule;
    }

    private static readonly System.Text.CompositeFormat Layout = System.Text.CompositeFormat.Parse(Columns);

    private static string Show(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static void Print(params object[] values) => Console.WriteLine(string.Format(CultureInfo.InvariantCulture, Layout, values).TrimEnd());
}
