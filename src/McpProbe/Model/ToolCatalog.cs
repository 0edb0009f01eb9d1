namespace McpProbe.Model;

/// <summary>A whole tool catalogue in canonical form, with the server's own words (docs/architecture.md, Words).</summary>
/// <param name="Canonical">
/// The bytes that <see cref="CatalogHashes.Hash"/> is taken over, and the content that stores keep under it:
/// <c>{"formula":1,"server":{"capabilities":…,"instructions":…,"name":…},"tools":[…]}</c>, tools sorted by name. Empty for a catalogue that
/// is remembered without its content.
/// </param>
/// <param name="ToolNames">Sorted by ordinal; a name that the server lists twice stands twice.</param>
/// <param name="Pages">Pages of <c>tools/list</c> it was read from.</param>
public sealed record ToolCatalog(
    ReadOnlyMemory<byte> Canonical, CatalogHashes Hashes, IReadOnlyList<string> ToolNames, int Pages)
{
    /// <summary>Version of the canonical form. Hashes of different formulas are never compared.</summary>
    public const int Formula = 1;
}

/// <summary>SHA-256 values, each as <c>sha256:</c> and lower-case hex.</summary>
/// <param name="Hash">Over everything below.</param>
/// <param name="Contract">Names, input and output schemas, without their text.</param>
/// <param name="Text">Titles and descriptions at every level.</param>
/// <param name="Annotations"><c>readOnlyHint</c>, <c>destructiveHint</c> and the like.</param>
/// <param name="Server">The server's name, instructions and capabilities.</param>
public sealed record CatalogHashes(string Hash, string Contract, string Text, string Annotations, string Server);
