using System.Text.RegularExpressions;

namespace McpProbe.Probing.Transports;

/// <summary>
/// What a process wrote to its standard error, its end, and the line of it that tells why it ended: runtimes write their own
/// version, a stack, or advice after it.
/// </summary>
internal sealed partial class LastWords
{
    /// <summary>Longer than the stack that follows an error, or the report of a package manager.</summary>
    private const int MostLines = 80;

    private readonly Queue<string> _lines = new();

    /// <summary>Called from the thread that reads; the others may be called at the same time.</summary>
    public void Add(string line)
    {
        lock (_lines)
        {
            if (_lines.Count == MostLines)
                _lines.Dequeue();
            _lines.Enqueue(line);
        }
    }

    /// <summary>The line that matters, as it came; null when nothing was written.</summary>
    public string? Telling()
    {
        var lines = Lines();
        var index = IndexOfTelling(lines);
        if (index < 0)
            return null;

        // A headline: what it announces comes below, as in a panic of Rust's.
        var line = Unframed(lines[index]).Trim();
        var next = lines.Skip(index + 1).Select(Unframed).FirstOrDefault(text => text.Length > 0);
        return line.EndsWith(':') && next is not null && !Noise().IsMatch(next) ? $"{line} {next.Trim()}" : line;
    }

    /// <summary>The line that matters and its neighbours, in their order.</summary>
    public IReadOnlyList<string> Around(int most)
    {
        var lines = Lines();
        var index = Math.Max(0, IndexOfTelling(lines));
        var first = Math.Max(0, Math.Min(index - most / 2, lines.Count - most));
        return [.. lines.Skip(first).Take(most)];
    }

    private List<string> Lines()
    {
        lock (_lines)
            return [.. _lines];
    }

    private static int IndexOfTelling(List<string> raw)
    {
        var lines = raw.ConvertAll(Unframed);

        // npm says the same several times, then where its log is; the first line that is no code is the reason.
        var npm = lines.FindIndex(line => Npm().Match(line) is { Success: true } match && !NpmDetail().IsMatch(line[match.Length..]));
        if (npm >= 0)
            return npm;

        // Python: the first line after the stack that is not indented.
        var traceback = lines.FindLastIndex(line => line.Contains("Traceback (most recent call last)", StringComparison.Ordinal));
        if (traceback >= 0)
        {
            var raised = lines.FindIndex(traceback + 1, line => line.Length > 0 && line[0] is not (' ' or '\t' or '-'));
            if (raised >= 0)
                return raised;
        }

        var error = lines.FindLastIndex(line => LooksLikeError().IsMatch(line) && !Noise().IsMatch(line) && !char.IsWhiteSpace(line[0]) && !Warning().IsMatch(line));
        if (error < 0)
            error = lines.FindLastIndex(line => LooksLikeError().IsMatch(line) && !Noise().IsMatch(line));
        if (error < 0)
            error = lines.FindLastIndex(line => line.Trim().Length > 0 && !Noise().IsMatch(line));
        return error >= 0 ? error : lines.FindLastIndex(line => line.Trim().Length > 0);
    }

    /// <summary>Without the frame that Python draws around groups of exceptions.</summary>
    private static string Unframed(string line)
    {
        var frame = Frame().Match(line);
        return frame.Success ? line[frame.Length..] : line.TrimEnd();
    }

    [GeneratedRegex(@"^\s*[|+][-+|]*(?:\s|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Frame();

    [GeneratedRegex(@"^npm (?:error|ERR!)\s?", RegexOptions.CultureInvariant)]
    private static partial Regex Npm();

    [GeneratedRegex(@"^\s*$|^\s|^(?:code|errno|syscall|path|dest|signal|command|cwd)\b|A complete log", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex NpmDetail();

    [GeneratedRegex("""
        \b(?:error|exception|fatal|panic|panicked|fail|fails|failed|failure|cannot|can't|couldn't|could\ not|unable\ to|not\ found|no\ such|not\ installed
          |denied|refused|missing|invalid|unhandled|uncaught|killed|aborted|segmentation\ fault|out\ of\ memory|already\ in\ use|required|unrecogni[sz]ed|unknown|unsupported|E[A-Z]{4,})\b
        | \w(?:Error|Exception)(?=[:\s\[]|$)
        """, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex LooksLikeError();

    // Stacks, carets, runtimes' versions, exit codes and advice.
    [GeneratedRegex("""
        ^\s*(?:at\s|\^|\.{3}\ \d+\ more|---|goroutine\ \d|created\ by\ |Node\.js\ v|node:|Emitted\ '|\(Use\ `|Thrown\ at:|exit\ status\ |note:|stack\ backtrace|Require\ stack|-\ /|File\ "
          |[{}\])]+\s*$|\w+:\ (?:'[^']*'|-?\d+|\[|undefined|true|false),?\s*$|\[?signal\b|Run\ |See\ '|For\ more\ information|A\ complete\ log)
        """, RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Noise();

    [GeneratedRegex(@"\bwarn(?:ing)?\b|Warning:", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Warning();
}
