namespace McpProbe.Server.Configuration;

/// <summary>
/// Decides, from one look at a file to the next, when a change is applied: when the file has stayed the same for one more look, for
/// somebody may still be writing it.
/// </summary>
/// <param name="applied">What it held when it was applied last; null when it never was.</param>
internal sealed class FileLooks(string? applied)
{
    private string? _applied = applied;
    private string? _last = applied;

    /// <param name="now">What it holds at this look.</param>
    /// <returns>Whether it is to be applied. It stays so until <see cref="Done"/>.</returns>
    public bool IsDue(string now)
    {
        var settled = now == _last;
        _last = now;
        return settled && now != _applied;
    }

    /// <summary>What it held is applied, or has been found wrong: nothing more is to do until it changes.</summary>
    public void Done(string what) => _applied = what;
}
