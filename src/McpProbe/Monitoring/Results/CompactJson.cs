using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Monitoring.Results;

/// <summary>The JSON of a compact result's parts, spelled as everywhere.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcInstant)])]
[JsonSerializable(typeof(ResultFacts))]
[JsonSerializable(typeof(ReadingDetail))]
internal sealed partial class CompactJson : JsonSerializerContext;
