using Azure;
using Azure.Data.Tables;

namespace McpProbe.Functions.Storage;

public sealed partial class TableStore
{
    private const string Claim = "Claim";

    /// <summary>
    /// Claims the slots up to <paramref name="through"/> of a shard and a location, before they are sent: of two schedulers at
    /// once one gets them, and a crash between claim and sending leaves a gap, never a slot sent twice.
    /// </summary>
    /// <param name="earliest">Where the window begins when nobody claimed so far: what was missed before it stays a gap.</param>
    /// <returns>What is the caller's to send; null when somebody else has claimed it.</returns>
    public async Task<ScheduleWindow?> ClaimScheduleAsync(
        int shard, string location, DateTimeOffset earliest, DateTimeOffset through, CancellationToken cancellationToken)
    {
        var lane = Keys.ScheduleLane(shard, location);
        var claim = EntityLimits.Checked(new TableEntity(lane, Keys.ScheduledThroughRow) { [Through] = through.UtcTicks, [Claim] = Guid.NewGuid() });
        var row = await FindAsync(_schedule, lane, Keys.ScheduledThroughRow, cancellationToken);
        var after = row is null ? earliest : new DateTimeOffset(row.GetInt64(Through)!.Value, TimeSpan.Zero);
        if (after < earliest)
            after = earliest;
        if (after >= through)
            return null;

        try
        {
            if (row is null)
                await _schedule.AddEntityAsync(claim, cancellationToken);
            else
                await _schedule.UpdateEntityAsync(claim, row.ETag, TableUpdateMode.Replace, cancellationToken);
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412)
        {
            // Somebody else's, or our own whose answer got lost, so that it was sent again.
            var stands = await FindAsync(_schedule, lane, Keys.ScheduledThroughRow, cancellationToken);
            if (stands?.GetGuid(Claim) != claim.GetGuid(Claim))
                return null;
        }

        return new ScheduleWindow(after, through);
    }
}
