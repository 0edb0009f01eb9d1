using McpProbe.Configuration.Reading;

namespace McpProbe.Imports.Writing;

/// <summary>A YAML text as lines, to be changed where its nodes stand.</summary>
internal sealed class YamlLines
{
    private readonly List<string> _lines;
    private readonly bool _hasReturns;
    private readonly bool _endsInBreak;

    public YamlLines(string text)
    {
        _hasReturns = text.Contains("\r\n", StringComparison.Ordinal);
        _endsInBreak = text.Length == 0 || text.EndsWith('\n');
        _lines = text.Length == 0 ? [] : [.. text.Split('\n')];
        if (text.EndsWith('\n'))
            _lines.RemoveAt(_lines.Count - 1);
    }

    public int Count => _lines.Count;

    public bool IsFlow(ConfigPosition at) => At(at) is '{' or '[';

    /// <summary>The line, from 0, with the dash of a list's item.</summary>
    public int DashOf(ConfigNode item)
    {
        var line = item.At.Line - 1;
        while (line > 0 && !_lines[line].TrimStart().StartsWith('-'))
            line--;
        return line;
    }

    /// <param name="limit">The line where something else begins.</param>
    public ItemLines ItemAt(ConfigNode item, int limit)
    {
        var first = DashOf(item);
        return new ItemLines(item, first, Trimmed(first + 1, limit), _lines[first].IndexOf('-', StringComparison.Ordinal));
    }

    /// <summary>How the value of an item's key is replaced; null when it has no such key.</summary>
    public Func<string, LineEdit>? KeyOf(ItemLines item, string key)
    {
        var members = item.Node.Members;
        var index = members.Select((member, i) => (member, i)).Where(pair => pair.member.Key == key).Select(pair => pair.i).DefaultIfEmpty(-1).First();
        if (index < 0)
            return null;
        var (at, value) = (members[index].At, members[index].Value);
        var start = at.Line - 1;
        var end = Trimmed(start + 1, index + 1 < members.Count ? members[index + 1].At.Line - 1 : item.End);
        var comment = end == start + 1 && value.At.Line == at.Line ? Comment(_lines[start].TrimEnd('\r'), value.At.Column - 1) : "";
        return text => new LineEdit(start, end, [$"{_lines[start][..(at.Column - 1)]}{key}: {text}{comment}"]);
    }

    /// <summary>A section's line with its key alone: it was empty.</summary>
    public string WithoutValue(ConfigMember section)
    {
        var line = _lines[section.At.Line - 1].TrimEnd('\r');
        return $"{line[..(section.At.Column - 1)]}{section.Key}:{Comment(line, Math.Min(section.Value.At.Column - 1, line.Length))}";
    }

    public string With(IEnumerable<LineEdit> edits)
    {
        var lines = new List<string>(_lines);
        // From below, so that what is above keeps its place; what is put behind an item after what is changed in it.
        foreach (var edit in edits.OrderByDescending(edit => edit.Start).ThenByDescending(edit => edit.End))
        {
            lines.RemoveRange(edit.Start, edit.End - edit.Start);
            lines.InsertRange(edit.Start, edit.Lines.Select(line => _hasReturns ? line + '\r' : line));
        }

        return string.Join('\n', lines) + (_endsInBreak || lines.Count != _lines.Count ? "\n" : "");
    }

    /// <summary>The end without the blank lines and comments before it, which belong to what follows.</summary>
    private int Trimmed(int from, int end)
    {
        while (end > from && (string.IsNullOrWhiteSpace(_lines[end - 1]) || _lines[end - 1].TrimStart().StartsWith('#')))
            end--;
        return end;
    }

    private char At(ConfigPosition at) => at.Line <= _lines.Count && at.Column <= _lines[at.Line - 1].Length ? _lines[at.Line - 1][at.Column - 1] : ' ';

    /// <summary>What people wrote behind a value, with the space before it.</summary>
    private static string Comment(string line, int value)
    {
        char? quote = null;
        var canQuote = value < line.Length && line[value] is '"' or '\'' or '{' or '[';
        for (var i = value; i < line.Length; i++)
        {
            var c = line[i];
            if (quote is not null)
            {
                if (c == '\\' && quote == '"') i++;
                else if (c == quote) quote = null;
            }
            else if (canQuote && c is '"' or '\'' && canQuote) quote = c;
            else if (c == '#' && i > 0 && line[i - 1] is ' ' or '\t')
            {
                var start = i;
                while (start > 0 && line[start - 1] is ' ' or '\t') start--;
                return line[start..];
            }
        }

        return "";
    }
}

/// <summary>Where an item of a list stands: lines from 0.</summary>
/// <param name="End">The line behind its last one.</param>
/// <param name="Dash">The column of its dash, from 0.</param>
internal sealed record ItemLines(ConfigNode Node, int First, int End, int Dash);

/// <summary>Lines from <paramref name="Start"/> to before <paramref name="End"/> become others.</summary>
internal sealed record LineEdit(int Start, int End, IReadOnlyList<string> Lines);
