using Azure;
using Azure.Data.Tables;

namespace McpProbe.Functions.Storage;

// A lane (a shard at a location) has one row: through when its slots are sent, and, while somebody is sending the next ones, who
// and until when the others leave it to them. What is sent counts only once all of it is: a crash, or a queue that refuses, leaves
// the window to the next tick.
public sealed partial class TableStore
{
    private const string Claim = "Claim";
    private const string ClaimedUntil = "ClaimedUntil";

    /// <summary>How far back an unfinished window is made up for; its slots that are gaps by now are not.</summary>
    private static readonly TimeSpan MadeUp = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Claims the slots of a lane from where the last window was sent up to <paramref name="through"/>. Of two schedulers at once
    /// one gets them. A claim that is neither finished nor given back lapses before the next tick: after a third of the time
    /// that it reaches ahead.
    /// </summary>
    /// <param name="now">Where the window begins when the lane lies behind: ticks that were missed stay a gap.</param>
    /// <returns>What is the caller's to send; null when somebody else is sending it, or has.</returns>
    public async Task<ScheduleClaim?> ClaimScheduleAsync(
        int shard, string location, DateTimeOffset now, DateTimeOffset through, CancellationToken cancellationToken)
    {
        var lane = Keys.ScheduleLane(shard, location);
        var row = await FindAsync(_schedule, lane, Keys.ScheduledThroughRow, cancellationToken);
        var unfinished = row?.GetInt64(ClaimedUntil);
        if (unfinished > now.UtcTicks)
            return null;
        var sent = row is null ? now : new DateTimeOffset(row.GetInt64(Through)!.Value, TimeSpan.Zero);
        var earliest = unfinished is null ? now : now - MadeUp;
        var window = new ScheduleWindow(sent > earliest ? sent : earliest, through, IsAgain: unfinished is not null);
        if (window.After >= through)
            return null;

        var claim = new TableEntity(lane, Keys.ScheduledThroughRow)
        {
            [Through] = window.After.UtcTicks,
            [Claim] = Guid.NewGuid(),
            [ClaimedUntil] = (now + (through - now) / 3).UtcTicks,
        };
        return await WriteClaimAsync(claim, row?.ETag, cancellationToken) is { } version
            ? new ScheduleClaim(shard, location, window, version.ToString())
            : null;
    }

    /// <summary>Everything of the window is sent. Without effect when the claim has lapsed and somebody else has the lane.</summary>
    public Task FinishScheduleAsync(ScheduleClaim claim, CancellationToken cancellationToken) =>
        EndClaimAsync(claim, claim.Window.Through, isUnfinished: false, cancellationToken);

    /// <summary>Some of the window could not be sent: whoever comes next sends it. Without effect when the claim has lapsed.</summary>
    public Task GiveBackScheduleAsync(ScheduleClaim claim, CancellationToken cancellationToken) =>
        EndClaimAsync(claim, claim.Window.After, isUnfinished: true, cancellationToken);

    /// <summary>All lanes of a location are sent: what tells that the schedule is alive, also when there is nothing to send.</summary>
    public async Task WriteScheduledThroughAsync(string location, DateTimeOffset through, CancellationToken cancellationToken) =>
        await _schedule.UpsertEntityAsync(
            new TableEntity(Keys.ScheduleOfAll, Keys.Location(location)) { [LocationProperty] = location, [Through] = through.UtcTicks },
            TableUpdateMode.Replace, cancellationToken);

    /// <summary>Through when each location is sent; one that was never sent is as old as the store.</summary>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> ReadScheduledThroughAsync(
        IReadOnlyCollection<string> locations, CancellationToken cancellationToken)
    {
        var sent = new Dictionary<string, DateTimeOffset>();
        await foreach (var row in _schedule.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Keys.ScheduleOfAll}"), cancellationToken: cancellationToken))
        {
            sent[row.GetString(LocationProperty)] = new DateTimeOffset(row.GetInt64(Through)!.Value, TimeSpan.Zero);
        }

        if (!locations.All(sent.ContainsKey))
        {
            var store = await _schedule.GetEntityAsync<TableEntity>(Keys.StorePartition, Keys.ShardsRow, cancellationToken: cancellationToken);
            foreach (var location in locations)
                sent.TryAdd(location, store.Value.Timestamp!.Value);
        }

        return locations.ToDictionary(location => location, location => sent[location]);
    }

    private async Task EndClaimAsync(ScheduleClaim claim, DateTimeOffset through, bool isUnfinished, CancellationToken cancellationToken)
    {
        var row = new TableEntity(Keys.ScheduleLane(claim.Shard, claim.Location), Keys.ScheduledThroughRow)
        {
            [Through] = through.UtcTicks,
            [Claim] = Guid.NewGuid(),
        };
        if (isUnfinished)
            row[ClaimedUntil] = 0L;
        await WriteClaimAsync(row, new ETag(claim.Version), cancellationToken);
    }

    /// <returns>The row's new version; null when somebody else wrote it first.</returns>
    private async Task<ETag?> WriteClaimAsync(TableEntity claim, ETag? version, CancellationToken cancellationToken)
    {
        try
        {
            var written = version is { } known
                ? await _schedule.UpdateEntityAsync(EntityLimits.Checked(claim), known, TableUpdateMode.Replace, cancellationToken)
                : await _schedule.AddEntityAsync(EntityLimits.Checked(claim), cancellationToken);
            return written.Headers.ETag ?? throw new InvalidDataException("The table's answer to a write has no ETag.");
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412)
        {
            // Somebody else's, or our own whose answer got lost, so that it was sent again.
            var stands = await FindAsync(_schedule, claim.PartitionKey, claim.RowKey, cancellationToken);
            return stands?.GetGuid(Claim) == claim.GetGuid(Claim) ? stands!.ETag : null;
        }
    }
}
