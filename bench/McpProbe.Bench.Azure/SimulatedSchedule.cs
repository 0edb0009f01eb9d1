using McpProbe.Functions;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Web.Health;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Bench.Azure;

/// <summary>The real scheduler, tick after tick on a fake clock.</summary>
/// <param name="Ticks">That were run in <paramref name="Length"/>.</param>
/// <param name="Messages">That become visible in it, in that order; and those of the minutes around it, for whoever looks at the queue.</param>
internal sealed record SimulatedSchedule(
    DateTimeOffset Start, TimeSpan Length, int Ticks, int TableRequests, IReadOnlyList<SentMessage> Messages)
{
    /// <summary>The time before what is looked at: the queue is filled.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromMinutes(2);

    private static readonly DateTimeOffset Begin = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    public IEnumerable<SentMessage> Visible => Messages.Where(message => message.VisibleAt >= Start && message.VisibleAt < Start + Length);

    public static HeadSettings Settings(params (string Name, string Value)[] changes)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Store"] = "UseDevelopmentStorage=true",
            [AppSettings.ProbeQueue] = "probes-home",
            [AppSettings.ProbePoisonQueue] = "probes-home-poison",
            [AppSettings.ProbeSchedule] = "*/30 * * * * *",
            [AppSettings.SweepSchedule] = "0 * * * * *",
            [AppSettings.RollUpSchedule] = "0 5 * * * *",
            [AppSettings.ApiKey] = "simulated, and asked by nobody",
        };
        foreach (var (name, value) in changes)
            settings[name] = value;
        return SettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
    }

    public static async Task<SimulatedSchedule> RunAsync(Fleet fleet, HeadSettings settings, TimeSpan length)
    {
        // A timer of the platform is a little late.
        var time = new FakeTimeProvider(Begin.AddMilliseconds(200));
        var account = new MemoryAccount(time);
        fleet.LoadInto(account, settings.Shards, HeadSettings.Home);
        var clients = account.Connect();
        var store = new TableStore(clients, settings.Shards, settings.Locations, NullLogger<TableStore>.Instance);
        var scheduler = new WindowScheduler(
            store, clients.Queues, settings, new MissingSecrets(NullLogger<MissingSecrets>.Instance),
            new LineLimit(time), time, NullLogger<WindowScheduler>.Instance);

        var start = Begin + WarmUp;
        var (ticks, requests) = (0, 0);
        while (time.GetUtcNow() < start + length + TimeSpan.FromMinutes(1))
        {
            var before = account.TableRequests;
            await scheduler.RunAsync(CancellationToken.None);
            if (time.GetUtcNow() >= start && time.GetUtcNow() < start + length)
                (ticks, requests) = (ticks + 1, requests + account.TableRequests - before);
            time.Advance(settings.ProbeTicks.GetNextOccurrence(time.GetUtcNow(), TimeZoneInfo.Utc)!.Value.AddMilliseconds(200) - time.GetUtcNow());
        }

        return new SimulatedSchedule(start, length, ticks, requests, [.. account.Sent.OrderBy(message => message.VisibleAt).ThenBy(message => message.Probes[0].Slot).ThenBy(message => message.Probes[0].Endpoint)]);
    }
}
