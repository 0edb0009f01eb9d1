using Azure.Data.Tables;
using McpProbe.Alerts;

namespace McpProbe.Functions.Storage;

public sealed partial class TableStore
{
    public async Task<Delivery?> FindDeliveryAsync(string transitionId, string channel, CancellationToken cancellationToken)
    {
        var (incident, sequence) = Keys.OfTransition(transitionId);
        return await FindAsync(_deliveries, incident, Keys.Delivery(sequence, channel), cancellationToken) is { } row
            ? await _payload.ReadAsync(row, EngineJson.Default.Delivery, cancellationToken)
            : null;
    }

    public async Task WriteDeliveryAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var row = await _payload.WriteAsync(
            new TableEntity(delivery.IncidentId, Keys.Delivery(delivery.Sequence, delivery.Channel)),
            Keys.Deliveries, delivery, EngineJson.Default.Delivery, cancellationToken);
        await _deliveries.UpsertEntityAsync(EntityLimits.Checked(row), TableUpdateMode.Replace, cancellationToken);
    }
}
