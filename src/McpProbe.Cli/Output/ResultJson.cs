using System.Text.Json;
using McpProbe.Drift;
using McpProbe.Gate;
using McpProbe.Model;

namespace McpProbe.Cli.Output;

/// <summary>The objects of <c>--output json</c> (docs/schema), two-space indented, whether or not a person looks.</summary>
internal static class ResultJson
{
    public static string Render(ProbeResult result) => JsonSerializer.Serialize(Named(result), ProbeJson.Indented.ProbeResult) + "\n";

    public static string Render(Comparison comparison) => JsonSerializer.Serialize(comparison, ProbeJson.Indented.Comparison) + "\n";

    public static string Render(GateReport report) => JsonSerializer.Serialize(report with { Result = Named(report.Result) }, ProbeJson.Indented.GateReport) + "\n";

    public static string Render(DrainReport report) => JsonSerializer.Serialize(report, ProbeJson.Indented.DrainReport) + "\n";

    private static ProbeResult Named(ProbeResult result) => result is { Catalog: { } catalog, Snapshot: { } snapshot }
        ? result with { Catalog = catalog with { Names = [.. snapshot.Catalog.ToolNames.Take(CatalogSummary.MostNames)] } }
        : result;
}
