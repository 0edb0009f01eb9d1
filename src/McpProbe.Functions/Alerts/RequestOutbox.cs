using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using Microsoft.DurableTask.Client;

namespace McpProbe.Functions.Alerts;

/// <summary>
/// The outbox of one HTTP request (deleting an endpoint resolves its incidents): the platform gives the durable client to the
/// function, and the pipeline that the function runs takes the outbox from the request's services.
/// </summary>
public sealed class RequestOutbox(IDeliveryStore deliveries) : IAlertOutbox
{
    private DurableOutbox? _outbox;

    public void Use(DurableTaskClient durable) => _outbox = new DurableOutbox(durable, deliveries);

    public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) =>
        _outbox?.HandOverAsync(transition, cancellationToken)
        ?? throw new InvalidOperationException("The function that runs this request has not given it a durable client.");
}
