using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using McpProbe.Drift;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe;

/// <summary>
/// What a one-shot command reads and writes as JSON, in the spelling of <see cref="EngineJson"/>. Apart from it, since each shape that a
/// context knows is compiled into the executable: the monitor's would be a tenth of it.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcInstant)])]
[JsonSerializable(typeof(ProbeResult))]
[JsonSerializable(typeof(Comparison))]
[JsonSerializable(typeof(GateReport))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(DrainReport))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(BaselineReference))]
[JsonSerializable(typeof(SdkQuestion))]
[JsonSerializable(typeof(SdkOpinion))]
public sealed partial class ProbeJson : JsonSerializerContext
{
    /// <summary>The same shapes, two-space indented, for people, with only what JSON demands escaped.</summary>
    public static ProbeJson Indented => ForPeople.Value;

    // A class of its own: static fields of the generated half are not initialised in a known order.
    private static class ForPeople
    {
        internal static readonly ProbeJson Value = new(new JsonSerializerOptions(JsonSerializerDefaults.General)
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            WriteIndented = true,
            Converters = { new UtcInstant() },
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}
