using System.Text;
using System.Text.RegularExpressions;
using McpProbe.Imports.Files;

namespace McpProbe.Imports.Planning;

/// <summary>
/// What is never watched, whatever a source lists: a host, with those below it (<c>example.com</c>); a server's name, where <c>*</c> is anything
/// (<c>io.github.ann/*</c>); the beginning of a URL (<c>https://example.com/tools/</c>).
/// </summary>
public sealed class DenyList
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly List<string> _hosts = [];
    private readonly List<string> _urls = [];
    private readonly List<Regex> _names = [];

    public DenyList(IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.Contains("://", StringComparison.Ordinal))
                _urls.Add(entry);
            else if (entry.Contains('/', StringComparison.Ordinal))
                _names.Add(Pattern(entry));
            else
            {
                _hosts.Add(entry.StartsWith("*.", StringComparison.Ordinal) ? entry[2..] : entry);
                _names.Add(Pattern(entry));
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
        _names.Exists(name => name.IsMatch(listing.Name))
        || (url is not null && (_hosts.Exists(host => IsBelow(url.IdnHost, host)) || _urls.Exists(start => url.OriginalString.StartsWith(start, StringComparison.OrdinalIgnoreCase))));

    private static bool IsBelow(string host, string denied) =>
        host.Equals(denied, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + denied, StringComparison.OrdinalIgnoreCase);

    private static Regex Pattern(string entry) => new(
        $"^{Regex.Escape(entry).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Patience);
}
