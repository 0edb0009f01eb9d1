using System.Text.RegularExpressions;

namespace McpProbe.Cli.Tests.Documents;

/// <summary>A fenced code block of a Markdown file, without the indentation of a list that it may stand in.</summary>
/// <param name="Language">The word after the fence; empty when there is none.</param>
/// <param name="Line">Of its first line, from 1.</param>
internal sealed partial record CodeBlock(string File, int Line, string Language, string Text)
{
    public string Place => $"{File}:{Line}";

    public static IReadOnlyList<CodeBlock> Of(string file)
    {
        var lines = Repository.Read(file).ReplaceLineEndings("\n").Split('\n');
        var blocks = new List<CodeBlock>();
        for (var at = 0; at < lines.Length; at++)
        {
            if (Fence().Match(lines[at]) is not { Success: true } fence)
                continue;
            var indent = fence.Groups["indent"].Length;
            var end = Array.FindIndex(lines, at + 1, line => line.Trim() == "```");
            Assert.True(end > 0, $"{file}:{at + 1}: the code block has no end");
            var text = lines[(at + 1)..end].Select(line => line.Length >= indent && string.IsNullOrWhiteSpace(line[..indent]) ? line[indent..] : line);
            blocks.Add(new CodeBlock(file, at + 2, fence.Groups["language"].Value, string.Join('\n', text)));
            at = end;
        }

        return blocks;
    }

    [GeneratedRegex(@"^(?<indent> *)```(?<language>\w*)\s*$")]
    private static partial Regex Fence();
}
