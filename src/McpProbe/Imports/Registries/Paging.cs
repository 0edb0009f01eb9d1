namespace McpProbe.Imports.Registries;

/// <summary>Keeps a registry from paging without end: cursors that come back, pages that bring nothing, too many of them.</summary>
internal sealed class Paging(string registry, ImportLimits limits)
{
    private const int MostCursor = 4096;
    private const int EmptyInARow = 3;

    private readonly HashSet<string> _cursors = [];
    private readonly HashSet<string> _servers = [];
    private int _pages;
    private int _empty;

    /// <summary>Takes note of a page.</summary>
    /// <param name="servers">The names on it.</param>
    /// <param name="next">The cursor of the next one; null or empty on the last.</param>
    /// <returns>Whether there is a next page.</returns>
    /// <exception cref="ImportFailedException">It would go on without end.</exception>
    public bool Next(IEnumerable<string> servers, string? next)
    {
        var brought = servers.Count(_servers.Add);
        _pages++;
        if (string.IsNullOrEmpty(next))
            return false;
        _empty = brought == 0 ? _empty + 1 : 0;
        if (!_cursors.Add(next) || next.Length > MostCursor || _empty == EmptyInARow)
            throw ImportFailedException.WrongAnswer($"{registry} pages in a loop: page {_pages} leads back to what was read before. Nothing of it is taken; tell its operator.");
        if (_pages == limits.Pages)
            throw ImportFailedException.WrongAnswer($"{registry} has more than {limits.Pages} pages, which is more than is read; import less with --search.");
        return true;
    }
}
