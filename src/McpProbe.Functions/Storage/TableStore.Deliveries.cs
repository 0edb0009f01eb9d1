using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Functions.Storage;

// A delivery's row lies with its incident, and is the truth. While it is pending, the channel's partition lists it too, so that
// what waits for a channel is found without a scan; once it is given up, another partition does. A row that ends is taken out
// of the one list, and put into the other, before it is written: after a crash in between the worker of it is still there to do it again.
public sealed partial class TableStore
{
    private const string ChannelProperty = "Channel";

    public async Task<IReadOnlyList<Delivery>> KeepAsync(Transition transition, CancellationToken cancellationToken)
    {
        var incident = transition.Incident;
        IReadOnlyList<Delivery> rows = [.. transition.Channels.Select(channel => Delivery.Of(transition, channel, transition.At))];
        var transaction = new RowTransaction(_deliveries, incident.Id);
        var kept = await _payload.WriteAsync(
            new TableEntity(incident.Id, Keys.Transition(incident.Sequence)), Keys.Deliveries, transition, EngineJson.Default.Transition, cancellationToken);
        transaction.Insert(kept);
        foreach (var row in rows)
            transaction.Insert(await DeliveryRowAsync(row, cancellationToken));
        try
        {
            await transaction.SubmitAsync(cancellationToken);
        }
        catch (TableTransactionFailedException exists) when (exists.ErrorCode == TableErrorCode.EntityAlreadyExists)
        {
            rows = await CompleteAsync(kept, rows, cancellationToken);
        }

        // After a crash that came before this, the transition is handed over again.
        foreach (var row in rows.Where(row => !row.IsFinal))
            await _deliveries.UpsertEntityAsync(await WaitingRowAsync(row, cancellationToken), TableUpdateMode.Replace, cancellationToken);
        return rows;
    }

    public async Task<Transition?> FindTransitionAsync(string transitionId, CancellationToken cancellationToken)
    {
        var (incident, sequence) = Keys.OfTransition(transitionId);
        return await FindAsync(_deliveries, incident, Keys.Transition(sequence), cancellationToken) is { } row
            ? await _payload.ReadAsync(row, EngineJson.Default.Transition, cancellationToken)
            : null;
    }

    public async Task<Delivery?> FindDeliveryAsync(string transitionId, string channel, CancellationToken cancellationToken)
    {
        var (incident, sequence) = Keys.OfTransition(transitionId);
        return await FindAsync(_deliveries, incident, Keys.Delivery(sequence, channel), cancellationToken) is { } row
            ? await _payload.ReadAsync(row, EngineJson.Default.Delivery, cancellationToken)
            : null;
    }

    public async Task<Delivery?> FindEarlierAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (delivery.Sequence == 1)
            return null;
        Delivery? newest = null;
        var (from, _) = Keys.OfSequence(delivery.Sequence);
        await foreach (var row in _deliveries.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {delivery.IncidentId} and RowKey lt {from} and Pending eq true and Channel eq {delivery.Channel}"),
            cancellationToken: cancellationToken))
        {
            newest = await _payload.ReadAsync(row, EngineJson.Default.Delivery, cancellationToken);
        }

        return newest;
    }

    public async Task WriteDeliveryAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (delivery.IsFinal)
            await _deliveries.DeleteEntityAsync(Keys.Waiting(delivery.Channel), Keys.WaitingRow(delivery), ETag.All, cancellationToken);
        if (delivery.Status is DeliveryStatus.GaveUp)
        {
            var row = await _payload.WriteAsync(
                new TableEntity(Keys.GivenUp, Keys.GivenUpRow(delivery)), Keys.Deliveries, delivery, EngineJson.Default.Delivery, cancellationToken);
            await _deliveries.UpsertEntityAsync(EntityLimits.Checked(row), TableUpdateMode.Replace, cancellationToken);
        }
        else if (delivery.Resends > 0)
        {
            await _deliveries.DeleteEntityAsync(Keys.GivenUp, Keys.GivenUpRow(delivery), ETag.All, cancellationToken);
        }

        await _deliveries.UpsertEntityAsync(
            await DeliveryRowAsync(delivery, cancellationToken), TableUpdateMode.Replace, cancellationToken);
        if (delivery is { IsFinal: false, Resends: > 0 })
            await _deliveries.UpsertEntityAsync(await WaitingRowAsync(delivery, cancellationToken), TableUpdateMode.Replace, cancellationToken);
    }

    public Task<IReadOnlyList<Delivery>> ReadWaitingAsync(string channel, int limit, CancellationToken cancellationToken) =>
        ReadPartitionAsync(_deliveries, Keys.Waiting(channel), after: "", limit, EngineJson.Default.Delivery, cancellationToken);

    // Durable timers keep the time.
    public Task PostponeAsync(IReadOnlyList<Delivery> rows, DateTimeOffset until, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<StoredChannel> ReadChannelAsync(string channel, CancellationToken cancellationToken) =>
        await FindAsync(_deliveries, Keys.Channels, Keys.Channel(channel), cancellationToken) is { } row
            ? new StoredChannel(await _payload.ReadAsync(row, EngineJson.Default.ChannelState, cancellationToken), row.ETag.ToString())
            : new StoredChannel(ChannelState.New, Version: null);

    public async Task<bool> WriteChannelAsync(
        string channel, StoredChannel before, ChannelState after, CancellationToken cancellationToken)
    {
        var row = EntityLimits.Checked(await _payload.WriteAsync(
            new TableEntity(Keys.Channels, Keys.Channel(channel)) { [ChannelProperty] = channel },
            Keys.Deliveries, after, EngineJson.Default.ChannelState, cancellationToken));
        try
        {
            if (before.Version is { } version)
                await _deliveries.UpdateEntityAsync(row, new ETag(version), TableUpdateMode.Replace, cancellationToken);
            else
                await _deliveries.AddEntityAsync(row, cancellationToken);
            return true;
        }
        catch (RequestFailedException changed) when (changed.Status is 409 or 412)
        {
            return false;
        }
    }

    /// <summary>An earlier hand-over has been here: adds what it may lack, and reads what it left.</summary>
    private async Task<IReadOnlyList<Delivery>> CompleteAsync(
        TableEntity transition, IReadOnlyList<Delivery> rows, CancellationToken cancellationToken)
    {
        await AddAsync(transition, cancellationToken);
        var kept = new List<Delivery>();
        foreach (var row in rows)
        {
            await AddAsync(await DeliveryRowAsync(row, cancellationToken), cancellationToken);
            kept.Add((await FindDeliveryAsync(row.TransitionId, row.Channel, cancellationToken))!);
        }

        return kept;
    }

    private async Task AddAsync(TableEntity row, CancellationToken cancellationToken)
    {
        try
        {
            await _deliveries.AddEntityAsync(row, cancellationToken);
        }
        catch (RequestFailedException exists) when (exists.ErrorCode == TableErrorCode.EntityAlreadyExists)
        {
        }
    }

    private async Task<TableEntity> DeliveryRowAsync(Delivery delivery, CancellationToken cancellationToken) =>
        EntityLimits.Checked(await _payload.WriteAsync(
            new TableEntity(delivery.IncidentId, Keys.Delivery(delivery.Sequence, delivery.Channel))
            {
                [ChannelProperty] = delivery.Channel,
                // Not stored once it is null.
                [PendingProperty] = delivery.IsFinal ? null : true,
            },
            Keys.Deliveries, delivery, EngineJson.Default.Delivery, cancellationToken));

    private async Task<TableEntity> WaitingRowAsync(Delivery delivery, CancellationToken cancellationToken) =>
        EntityLimits.Checked(await _payload.WriteAsync(
            new TableEntity(Keys.Waiting(delivery.Channel), Keys.WaitingRow(delivery)) { [ChannelProperty] = delivery.Channel },
            Keys.Deliveries, delivery, EngineJson.Default.Delivery, cancellationToken));
}
