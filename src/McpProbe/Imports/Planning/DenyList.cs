using System.Text;
using McpProbe.Imports.Files;

namespace McpProbe.Imports.Planning;

/// <summary>
/// What is never watched, whatever a source lists: a host, with those below it (<c>example.com</c>); a server's name, where <c>*</c> is anything
/// (<c>io.github.ann/*</c>); the beginning of a URL (<c>https://example.com/tools/</c>).
/// </summary>
public sealed class DenyList
{
    private readonly List<string> _hosts = [];
    private readonly List<string> _urls = [];
    private readonly List<string> _names = [];

    public DenyList(IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.Contains("://", StringComparison.Ordinal))
                _urls.Add(entry);
            else if (entry.Contains('/', StringComparison.Ordinal))
                _names.Add(entry);
            else
            {
                _hosts.Add(entry.StartsWith("*.", StringComparison.Ordinal) ? entry[2..] : entry);
                _names.Add(entry);
            }
        }
    }

    /// <summary>The entries of a file: one a line; what follows a <c>#</c> is a comment.</summary>
    public static IEnumerable<string> EntriesOf(string text) => text.Split('\n')
        .Select(line => (line.IndexOf('#', StringComparison.Ordinal) is >= 0 and var comment ? line[..comment] : line).Trim())
        .Where(line => line.Length > 0);

    /// <exception cref="ImportFailedException">The file cannot be read.</exception>
    public static async Task<DenyList> ReadAsync(string path, ImportLimits limits, CancellationToken cancellationToken) =>
        new(EntriesOf(Encoding.UTF8.GetString(await BoundedFile.ReadAsync(path, limits, cancellationToken)).TrimStart('\uFEFF')));

    public bool Has(Listing listing, Uri? url) =>
        _names.Exists(name => IsLike(listing.Name, name))
        || (url is not null && (_hosts.Exists(host => IsBelow(url.IdnHost, host)) || _urls.Exists(start => url.OriginalString.StartsWith(start, StringComparison.OrdinalIgnoreCase))));

    private static bool IsBelow(string host, string denied) =>
        host.Equals(denied, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + denied, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the pieces between the stars stand in the text one after the other. Not by a regular expression: the native executable has no engine for those that are written at run time.</summary>
    private static bool IsLike(string text, string pattern)
    {
        var pieces = pattern.Split('*');
        if (pieces.Length == 1)
            return text.Equals(pattern, StringComparison.OrdinalIgnoreCase);
        if (!text.StartsWith(pieces[0], StringComparison.OrdinalIgnoreCase))
            return false;
        var at = pieces[0].Length;
        foreach (var piece in pieces[1..^1])
        {
            if (text.IndexOf(piece, at, StringComparison.OrdinalIgnoreCase) is not (>= 0 and var found))
                return false;
            at = found + piece.Length;
        }

        return text.Length - at >= pieces[^1].Length && text.EndsWith(pieces[^1], StringComparison.OrdinalIgnoreCase);
    }
}
