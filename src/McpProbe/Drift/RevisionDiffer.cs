using System.Text.Json;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Drift;

/// <summary>Compares catalogues that may have been read at different protocol versions.</summary>
public static class RevisionDiffer
{
    private const string StatelessEra = "2026-07-28";

    /// <summary>
    /// What only some revisions of the specification define (its schema.json, <c>Tool</c> and <c>ServerCapabilities</c>): the first
    /// revision that has it, and the first that has it no more. Where one of two revisions lacks it, a difference says nothing of the server.
    /// </summary>
    private static readonly (string Path, string From, string? Until)[] Fields =
    [
        ("/annotations", "2025-03-26", null),
        ("/title", "2025-06-18", null),
        ("/outputSchema", "2025-06-18", null),
        ("/icons", "2025-11-25", null),
        ("/execution", "2025-11-25", StatelessEra),
        ("/capabilities/completions", "2025-03-26", null),
        ("/capabilities/tasks", "2025-11-25", StatelessEra),
        ("/capabilities/extensions", StatelessEra, null),
    ];

    /// <summary>
    /// <see cref="CatalogDiffer.Compare"/>; between two protocol versions without the fields that one of them lacks, and with the
    /// change of the version itself, a warning.
    /// </summary>
    /// <exception cref="ArgumentException">One of them is not the canonical document of a catalogue.</exception>
    public static IReadOnlyList<Change> Compare(
        ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after, string beforeVersion, string afterVersion)
    {
        var changes = CatalogDiffer.Compare(before, after);
        if (beforeVersion == afterVersion)
            return changes;

        var lacking = Fields
            .Where(field => IsIn(field, beforeVersion) != IsIn(field, afterVersion))
            .Select(field => field.Path).ToList();
        var kept = changes.Where(change => !lacking.Exists(path => IsAt(change.Path, path)))
            .Append(new Change(
                CatalogRules.ProtocolVersionChanged.Class, CatalogRules.ProtocolVersionChanged.Name, Tool: null, "/protocolVersion", Value(beforeVersion), Value(afterVersion),
                $"The server is spoken to in protocol version {ForeignText.Brief(afterVersion)} now, not {ForeignText.Brief(beforeVersion)}; fields that one of them lacks are not compared."));
        // Stable: within a class the order of the differ stays.
        return [.. kept.OrderByDescending(change => change.Class)];
    }

    // Revisions are dates, so their ordinal order is their order in time.
    private static bool IsIn((string Path, string From, string? Until) field, string version) =>
        string.CompareOrdinal(version, field.From) >= 0 && (field.Until is null || string.CompareOrdinal(version, field.Until) < 0);

    private static bool IsAt(string path, string field) =>
        path.StartsWith(field, StringComparison.Ordinal) && (path.Length == field.Length || path[field.Length] == '/');

    private static JsonElement Value(string version) => JsonElement.Parse($"\"{JsonEncodedText.Encode(version)}\"");
}
