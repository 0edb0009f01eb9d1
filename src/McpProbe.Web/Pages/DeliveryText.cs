using McpProbe.Alerts.Deliveries;

namespace McpProbe.Web.Pages;

/// <summary>Deliveries in words.</summary>
internal static class DeliveryText
{
    internal static string Status(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Delivered => "delivered",
        DeliveryStatus.GaveUp => "gave up",
        DeliveryStatus.LeftOut => "left out",
        _ => "pending",
    };

    /// <summary>Sends so far: <c>1 attempt</c>, <c>2 attempts, and 11 before it was sent again</c>.</summary>
    internal static string Attempts(Delivery delivery) =>
        $"{delivery.Attempts} {(delivery.Attempts == 1 ? "attempt" : "attempts")}"
        + (delivery.EarlierAttempts > 0 ? $", and {delivery.EarlierAttempts} before it was sent again" : "");

    /// <summary>What became of several: <c>3 alerts: 2 delivered, 1 given up</c>.</summary>
    internal static string Summary(IReadOnlyList<Delivery> deliveries)
    {
        var arrived = deliveries.Count(each => each.Status is DeliveryStatus.Delivered);
        var lost = deliveries.Count(each => each.Status is DeliveryStatus.GaveUp);
        var leftOut = deliveries.Count(each => each.Status is DeliveryStatus.LeftOut);
        var waiting = deliveries.Count - arrived - lost - leftOut;
        string[] parts =
        [
            arrived > 0 ? $"{arrived} delivered" : "", waiting > 0 ? $"{waiting} on the way" : "", lost > 0 ? $"{lost} given up" : "",
            leftOut > 0 ? $"{leftOut} left out, because the channel is not told who has an incident" : "",
        ];
        return $"{deliveries.Count} {(deliveries.Count == 1 ? "alert" : "alerts")}: {string.Join(", ", parts.Where(part => part.Length > 0))}";
    }
}
