using System.Text.Json;
using System.Text.Json.Serialization;
using McpProbe.Alerts.Deliveries;
using McpProbe.Drift;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe;

/// <summary>The engine's values as JSON: one spelling for output, HTTP, stores, queue messages and webhooks.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcInstant)])]
[JsonSerializable(typeof(ProbeResult))]
[JsonSerializable(typeof(EndpointState))]
[JsonSerializable(typeof(Incident))]
[JsonSerializable(typeof(Transition))]
[JsonSerializable(typeof(DriftRecord))]
[JsonSerializable(typeof(Delivery))]
[JsonSerializable(typeof(ChannelState))]
[JsonSerializable(typeof(AuditLine))]
[JsonSerializable(typeof(IReadOnlyList<Change>))]
[JsonSerializable(typeof(SdkQuestion))]
[JsonSerializable(typeof(SdkOpinion))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Comparison))]
[JsonSerializable(typeof(GateReport))]
[JsonSerializable(typeof(Explanation))]
public sealed partial class EngineJson : JsonSerializerContext
{
    /// <summary>The same shapes, two-space indented, for people, with only what JSON demands escaped.</summary>
    public static EngineJson Indented => ForPeople.Value;

    // A class of its own: static fields of the generated half are not initialised in a known order.
    private static class ForPeople
    {
        internal static readonly EngineJson Value = new(new JsonSerializerOptions(JsonSerializerDefaults.General)
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            WriteIndented = true,
            Converters = { new UtcInstant() },
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}
