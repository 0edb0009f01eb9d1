using McpProbe.Catalog;
using McpProbe.Drift;
using McpProbe.Drift.Findings;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Tokens;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>
/// The tools of an endpoint, a page of them or one: those that changed since the baseline or are suspicious are marked. A page ends after
/// so many tools, or so many bytes of them, so that 10,000 tools give pages of the usual size.
/// </summary>
internal sealed class ToolsView
{
    internal const int MostOnAPage = 20;
    internal const int MostBytes = 24 << 10;
    private const int LongestSearch = 200;

    /// <summary>Why there are none to show; null when there are.</summary>
    internal string? Missing { get; private init; }

    internal CatalogVersion? Catalog { get; private init; }

    internal ToolText? Instructions { get; private init; }

    internal IReadOnlyList<ToolView> Tools { get; private init; } = [];

    /// <summary>Of the whole catalogue.</summary>
    internal int Count { get; private init; }

    internal long Tokens { get; private init; }

    /// <summary>That fit the search.</summary>
    internal int Matching { get; private init; }

    internal string Search { get; private init; } = "";

    internal bool ChangedOnly { get; private init; }

    /// <summary>The tool that is shown alone; null for a page of them.</summary>
    internal string? One { get; private init; }

    /// <summary>How many that fit come before this page.</summary>
    internal int Skipped { get; private init; }

    /// <summary>Where the next page begins; null on the last.</summary>
    internal int? Next { get; private init; }

    /// <summary>Of the server, and of tools that are gone.</summary>
    internal IReadOnlyList<Change> OtherChanges { get; private init; } = [];

    /// <summary>Tools that changed, with the worst class of each.</summary>
    internal int Changed { get; private init; }

    internal static async Task<ToolsView> ReadAsync(
        EndpointHead head, IQueryCollection query, IMonitorStore store, IMonitorHistory history, CancellationToken cancellationToken)
    {
        if (head.Catalog is not { } version)
            return new ToolsView { Missing = "No probe has read its catalogue yet." };
        if (await store.ReadCatalogAsync(version.Hash, cancellationToken) is not { } canonical)
            return new ToolsView { Missing = "The catalogue is not stored any more. The next probe that sees it stores it again." };

        var (stored, findings) = (StoredTools.Read(canonical), new ToolFindings(canonical));
        var changes = await ChangesAsync(head, version, canonical, store, history, cancellationToken);
        var names = stored.Tools.Select(tool => tool.Name).ToHashSet(StringComparer.Ordinal);
        var byTool = changes.Where(change => change.Tool is { } tool && names.Contains(tool)).ToLookup(change => change.Tool!);

        var search = query["q"].ToString() is { } text && text.Length > LongestSearch ? text[..LongestSearch] : query["q"].ToString();
        var (changedOnly, one) = (query["changed"] == "true", query["tool"] is [{ Length: > 0 } name, ..] ? name : null);
        var fitting = stored.Tools.Where(tool => one is null
            ? (!changedOnly || byTool.Contains(tool.Name)) && IsFound(tool, search)
            : tool.Name == one).ToList();
        var skipped = one is null && int.TryParse(query["after"], out var after) && after > 0 && after < fitting.Count ? after : 0;
        var page = Page(fitting.Skip(skipped)).ToList();
        return new ToolsView
        {
            Missing = one is not null && fitting.Count == 0 ? "No tool of this name is in the catalogue now." : null,
            Catalog = version,
            Instructions = one is null && skipped == 0 ? InstructionsOf(stored.Server, findings) : null,
            Tools = [.. page.Select(tool => ToolView.Of(tool, findings, [.. byTool[tool.Name]]))],
            Count = stored.Tools.Count,
            Tokens = stored.Tools.Sum(tool => (long)TokenCounter.Of(tool.Json)),
            Matching = fitting.Count,
            Search = search,
            ChangedOnly = changedOnly,
            One = one,
            Skipped = skipped,
            Next = skipped + page.Count < fitting.Count ? skipped + page.Count : null,
            OtherChanges = [.. changes.Where(change => change.Tool is not { } tool || !names.Contains(tool))],
            Changed = byTool.Count,
        };
    }

    private static IEnumerable<StoredTool> Page(IEnumerable<StoredTool> tools)
    {
        var (count, bytes) = (0, 0);
        foreach (var tool in tools)
        {
            bytes += Math.Min(tool.Json.Length, MostBytes / 4);
            if (count > 0 && (count == MostOnAPage || bytes > MostBytes))
                yield break;
            count++;
            yield return tool;
        }
    }

    private static bool IsFound(StoredTool tool, string search) => search.Length == 0
        || tool.Name.Contains(search, StringComparison.OrdinalIgnoreCase)
        || System.Text.Encoding.UTF8.GetString(tool.Json.Span).Contains(search, StringComparison.OrdinalIgnoreCase);

    private static ToolText? InstructionsOf(ReadOnlyMemory<byte> server, ToolFindings findings)
    {
        using var document = System.Text.Json.JsonDocument.Parse(server, JsonTexts.Options);
        return JsonTexts.Text(document.RootElement, "instructions") is { Length: > 0 } instructions
            ? new ToolPart(findings.InServer(server), findings).Text(instructions, "/instructions") : null;
    }

    // Confirmed changes are stored; others, such as several in a row, are compared anew.
    private static async Task<IReadOnlyList<Change>> ChangesAsync(
        EndpointHead head, CatalogVersion now, ReadOnlyMemory<byte> canonical, IMonitorStore store, IMonitorHistory history, CancellationToken cancellationToken)
    {
        if (head.State.Baseline is not var (protocol, baseline) || baseline.Hash == now.Hash)
            return [];
        if ((await history.ReadDriftAsync(head.Endpoint.Id, 1, cancellationToken)) is [var newest] && newest.BeforeHash == baseline.Hash && newest.AfterHash == now.Hash)
            return newest.Changes;
        return await store.ReadCatalogAsync(baseline.Hash, cancellationToken) is { } before
            ? RevisionDiffer.Compare(before, canonical, protocol, now.ProtocolVersion) : [];
    }
}
