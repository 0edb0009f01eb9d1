using System.Text;
using System.Text.Json;
using McpProbe.Catalog;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>Two catalogues, tool by tool: the changes as they are classified, and the tools themselves side by side.</summary>
internal sealed record CompareView(ComparisonDocument Comparison, IReadOnlyList<ComparedTool> Tools, int Skipped, int Count)
{
    internal const int ToolsOnAPage = 20;

    internal static async Task<CompareView> ReadAsync(
        ComparisonDocument comparison, IQueryCollection query, IMonitorStore store, CancellationToken cancellationToken)
    {
        // The server first, then the tools as the changes have them: the worst first.
        var groups = comparison.Changes.GroupBy(change => change.Tool).OrderByDescending(group => group.Key is null).ToList();
        var skipped = int.TryParse(query["after"], out var after) && after > 0 && after < groups.Count ? after : 0;
        var shown = groups.Skip(skipped).Take(ToolsOnAPage).ToList();
        var (before, now) = (await PartsAsync(comparison.From, store, cancellationToken), await PartsAsync(comparison.To, store, cancellationToken));
        return new CompareView(
            comparison,
            [.. shown.Select(group => new ComparedTool(
                group.Key, [.. group], LineDiff.Of(Indented(before.GetValueOrDefault(group.Key ?? "")), Indented(now.GetValueOrDefault(group.Key ?? "")))))],
            skipped, groups.Count);
    }

    // The server's part stands under the empty name, which no change of a tool has.
    private static async Task<Dictionary<string, ReadOnlyMemory<byte>>> PartsAsync(CatalogVersion version, IMonitorStore store, CancellationToken cancellationToken)
    {
        var parts = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        if (await store.ReadCatalogAsync(version.Hash, cancellationToken) is not { } canonical)
            return parts;
        var stored = StoredTools.Read(canonical);
        foreach (var tool in stored.Tools)
            parts[tool.Name] = tool.Json;
        parts[""] = stored.Server;
        return parts;
    }

    // Descriptions line by line, so that a changed sentence shows as one.
    private static string Indented(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
            return "";
        using var document = JsonDocument.Parse(json, JsonTexts.Options);
        var text = new StringBuilder();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            text.Append(text.Length > 0 ? "\n" : "").Append(JsonTexts.NameOf(member)).Append(": ");
            text.Append(member.Value.ValueKind is JsonValueKind.String ? JsonTexts.Of(member.Value) : ToolPart.Indented(member.Value));
        }

        return text.ToString();
    }
}

/// <param name="Tool">Null for the server itself.</param>
/// <param name="Rows">Null for one that is too long to be compared line by line.</param>
internal sealed record ComparedTool(string? Tool, IReadOnlyList<Change> Changes, IReadOnlyList<LineRow>? Rows);
