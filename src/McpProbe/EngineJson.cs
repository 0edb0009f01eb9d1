using System.Text.Json.Serialization;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe;

/// <summary>The engine's values as JSON: one spelling for HTTP, stores, queue messages and webhooks.</summary>
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
[JsonSerializable(typeof(string))]
public sealed partial class EngineJson : JsonSerializerContext;
