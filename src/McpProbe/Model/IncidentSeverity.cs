using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>How bad an incident is, from news to what must wake somebody.</summary>
[JsonConverter(typeof(WireNameConverter<IncidentSeverity>))]
public enum IncidentSeverity
{
    Info,
    Warning,
    Error,
    Critical,
}

public static class IncidentSeverities
{
    /// <remarks>Of an objective the rule says it: see <c>BurnRule</c>.</remarks>
    /// <param name="worst">The worst class of its changes; null where it is about none.</param>
    public static IncidentSeverity Of(IncidentKind kind, ChangeClass? worst) => (kind, worst) switch
    {
        (IncidentKind.Outage, _) => IncidentSeverity.Critical,
        (IncidentKind.Suspicious or IncidentKind.Unwatched, _) => IncidentSeverity.Error,
        (IncidentKind.Drift, ChangeClass.Breaking or ChangeClass.Unknown) => IncidentSeverity.Error,
        (IncidentKind.Drift, ChangeClass.Info) => IncidentSeverity.Info,
        _ => IncidentSeverity.Warning,
    };
}
