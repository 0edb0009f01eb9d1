using McpProbe.Alerts.Deliveries;

namespace McpProbe.Web.Pages;

/// <summary>Deliveries in words.</summary>
internal static class DeliveryText
{
    internal static string Status(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Delivered => "delivered",
        DeliveryStatus.GaveUp => "gave up",
        _ => "pending",
    };

    /// <summary>Sends so far: <c>1 attempt</c>, <c>2 attempts, and 11 before it was sent again</c>.</summary>
    internal static string Attempts(Delivery delivery) =>
        $"{delivery.Attempts} {(delivery.Attempts == 1 ? "attempt" : "attempts")}"
        + (delivery.EarlierAttempts > 0 ? $", and {delivery.EarlierAttempts} before it was sent again" : "");
}
