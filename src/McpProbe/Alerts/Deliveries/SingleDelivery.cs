using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Alerts.Deliveries;

/// <summary>To a machine: a transition is a message of its own, and those of an incident go one after the other.</summary>
internal sealed class SingleDelivery(DeliveryContext context)
{
    public async Task<Delivery> DeliverAsync(
        Transition transition, Channel channel, Delivery row, StoredChannel stored, CancellationToken cancellationToken)
    {
        if (await context.Store.FindEarlierAsync(row, cancellationToken) is { } earlier)
        {
            var turn = DeliveryContext.Later(earlier.NextAttemptAt, context.Time.GetUtcNow()) + DeliveryContext.Turn;
            return await context.WriteAsync(row with { NextAttemptAt = turn, UpdatedAt = context.Time.GetUtcNow() }, cancellationToken);
        }

        var outcome = await context.SendAsync(channel, Alert.Of(transition), cancellationToken);
        await NoteAsync(channel, stored, outcome, cancellationToken);
        var now = context.Time.GetUtcNow();
        if (outcome.NotTried)
        {
            return await context.WriteAsync(
                row with { LastError = outcome.Error, NextAttemptAt = Gathering.RestAfter(outcome, now), UpdatedAt = now },
                cancellationToken);
        }

        var attempts = row.Attempts + 1;
        var (status, next) = RetrySchedule.Judge(attempts, outcome, now, Random.Shared.NextDouble());
        return await context.WriteAsync(
            row with { Status = status, Attempts = attempts, LastError = outcome.Error, NextAttemptAt = next, UpdatedAt = now },
            cancellationToken);
    }

    // A closure must be there before the row is final; the rest is for people, and the next send tells it again.
    private async Task NoteAsync(Channel channel, StoredChannel stored, SendOutcome outcome, CancellationToken cancellationToken)
    {
        while (true)
        {
            var after = outcome.NotTried ? stored.State : stored.State.After(outcome, context.HashOf(channel), context.Time.GetUtcNow());
            if (ReferenceEquals(after, stored.State)
                || await context.Store.WriteChannelAsync(channel.Name, stored, after, cancellationToken)
                || outcome.Status is not SendStatus.Gone)
                return;
            stored = await context.Store.ReadChannelAsync(channel.Name, cancellationToken);
        }
    }
}
