using System.Text.RegularExpressions;

namespace McpProbe.Monitoring;

/// <summary>
/// Which contents a store's rows refer to. It looks for hashes in the rows' text and knows no shape: a row that names a hash in a new
/// place, or that cannot be read as what it should be, keeps its contents too. A hash that is only mentioned keeps one as well, which
/// costs some space and loses nothing.
/// </summary>
public sealed partial class CatalogReferences
{
    /// <summary>How long a content that nothing refers to is kept: far longer than a commit takes to refer to what it wrote.</summary>
    public static readonly TimeSpan Untouched = TimeSpan.FromDays(7);

    private readonly HashSet<string> _hashes = [];

    /// <param name="text">A row, or the part of it that names contents.</param>
    public void AddIn(string text)
    {
        foreach (var match in Hash().EnumerateMatches(text))
            _hashes.Add(text.Substring(match.Index, match.Length));
    }

    public bool Contains(string hash) => _hashes.Contains(hash);

    [GeneratedRegex("sha256:[0-9a-f]+")]
    private static partial Regex Hash();
}
