using System.Collections;
using System.Globalization;

namespace McpProbe.Probing.Run;

/// <summary>A probe's log. Its lines become text when somebody reads them; most logs are never read.</summary>
internal sealed class ProbeLog(LogLine[] lines) : IReadOnlyList<string>
{
    public int Count => lines.Length;

    public string this[int index] => lines[index].ToString();

    public IEnumerator<string> GetEnumerator() => lines.Select(line => line.ToString()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>What happened, and where it has them: to what, the HTTP status that answered, and the milliseconds it took.</summary>
internal readonly record struct LogLine(string Text, string? What = null, int? Status = null, double? Ms = null)
{
    public override string ToString() => What is null && Status is null && Ms is null ? Text : string.Create(CultureInfo.InvariantCulture,
        $"{Text}{(What is null ? "" : " ")}{What}{(Status is null ? "" : " -> ")}{Status}{(Ms is null ? "" : " in ")}{Ms:0.0}{(Ms is null ? "" : " ms")}");
}
