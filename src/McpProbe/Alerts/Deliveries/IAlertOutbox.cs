using McpProbe.Model;

namespace McpProbe.Alerts.Deliveries;

/// <summary>Where an alert goes once its transition is committed; SQLite's delivery rows, or a durable orchestration a transition.</summary>
public interface IAlertOutbox
{
    /// <summary>Takes a transition over for delivery to each of its channels. Handing over the same transition twice delivers it once.</summary>
    Task HandOverAsync(Transition transition, CancellationToken cancellationToken);
}
