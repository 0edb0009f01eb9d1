using System.Text.Json;
using McpProbe.Probing;

namespace McpProbe.Cli.Output;

/// <summary>A result for programs: one object (docs/schema/result.schema.json), two-space indented, whether or not a person looks.</summary>
internal static class ResultJson
{
    public static string Render(ProbeResult result) =>
        JsonSerializer.Serialize(result, EngineJson.Indented.ProbeResult) + "\n";
}
