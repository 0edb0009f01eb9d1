using System.Text.Json.Serialization;

namespace McpProbe.Uptime;

/// <summary>The JSON that a former version stored rollups in.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Rollup))]
internal sealed partial class RollupJson : JsonSerializerContext;
