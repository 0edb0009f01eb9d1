using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Incidents;

/// <summary>A time without alerts, as it is shown.</summary>
/// <param name="Until">For one that is on: when nothing that follows without a gap is on any more either.</param>
public sealed record MaintenancePeriod(DateTimeOffset From, DateTimeOffset Until, MaintenanceSource Source);

[JsonConverter(typeof(WireNameConverter<MaintenanceSource>))]
public enum MaintenanceSource
{
    /// <summary>Planned in the endpoint's definition.</summary>
    Window,

    /// <summary>Somebody asked for it.</summary>
    AdHoc,
}
