namespace McpProbe.Model;

/// <summary>A report in a few lines, as a message carries it.</summary>
/// <param name="Lines">A line an endpoint, those that need a look first.</param>
/// <param name="More">How many endpoints were left out.</param>
/// <param name="Path">Where the whole report is, below the pages' address.</param>
public sealed record ReportDigest(string Title, string Text, IReadOnlyList<string> Lines, int More, string Path)
{
    public const int MostLines = 30;
}
