using System.Text.Json;
using System.Text.RegularExpressions;
using McpProbe.Cli.Commands;
using YamlDotNet.RepresentationModel;

namespace McpProbe.Cli.Tests.Documents;

/// <summary>Finds the command lines of mcpprobe in what users copy, whatever they are written in.</summary>
internal static partial class CommandLines
{
    private static readonly HashSet<string> Names =
        [.. CommandLine.Parse([]).RootCommandResult.Command.Subcommands.Select(command => command.Name)];

    /// <returns>Each command's words after <c>mcpprobe</c>.</returns>
    public static IEnumerable<IReadOnlyList<string>> In(CodeBlock block) => block.Language switch
    {
        "sh" or "bash" => InShell(block.Text),
        "console" => InShell(string.Join('\n', Typed(block.Text))),
        "yaml" => InYaml(block.Text),
        "dockerfile" => InDockerfile(block.Text),
        _ => [],
    };

    /// <summary>Those between backquotes that are complete: they name a target or a file, and no ellipsis.</summary>
    public static IEnumerable<IReadOnlyList<string>> InText(string text) =>
        Span().Matches(text)
            .Select(match => match.Groups["line"].Value)
            .Where(line => line.Contains('/', StringComparison.Ordinal) && !line.Contains('…', StringComparison.Ordinal))
            .SelectMany(InShell);

    public static IEnumerable<IReadOnlyList<string>> InShell(string script) =>
        ShellScript.Commands(script)
            .Where(words => words[0] == "mcpprobe" || words[0].EndsWith("/mcpprobe", StringComparison.Ordinal))
            .Select(words => words.Skip(1).ToList());

    public static IEnumerable<IReadOnlyList<string>> InYaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.SelectMany(document => InNode(document.RootNode)).ToList();
    }

    private static IEnumerable<IReadOnlyList<string>> InNode(YamlNode node) => node switch
    {
        YamlMappingNode mapping => mapping.Children.Values.SelectMany(InNode),
        YamlSequenceNode sequence when sequence.Children.All(child => child is YamlScalarNode) =>
            InWords([.. sequence.Children.Select(child => ((YamlScalarNode)child).Value ?? "")]),
        YamlSequenceNode sequence => sequence.SelectMany(InNode),
        // A script; or the arguments alone, as our own action takes them. One word is a name.
        YamlScalarNode { Value: { } value } when value.Contains(' ', StringComparison.Ordinal) => InShell(Names.Contains(value.Split(' ')[0]) ? $"mcpprobe {value}" : value),
        _ => [],
    };

    // A command as a list (exec, CMD), the arguments alone (an image's args), or a list of scripts.
    private static IEnumerable<IReadOnlyList<string>> InWords(string[] words) => words switch
    {
        ["CMD", .. var rest] => InWords(rest),
        ["mcpprobe", .. var rest] => [rest],
        [var first, ..] when Names.Contains(first) => [words],
        _ => words.SelectMany(InShell),
    };

    private static IEnumerable<IReadOnlyList<string>> InDockerfile(string text) =>
        Instruction().Matches(text.Replace("\\\n", "", StringComparison.Ordinal))
            .Select(match => match.Groups["command"].Value)
            .SelectMany(command => command.StartsWith('[') ? InWords(JsonSerializer.Deserialize<string[]>(command)!) : InShell(command));

    private static IEnumerable<string> Typed(string transcript)
    {
        var continued = false;
        foreach (var line in transcript.Split('\n'))
        {
            if (!continued && !line.StartsWith("$ ", StringComparison.Ordinal))
                continue;
            yield return continued ? line.TrimStart('>', ' ') : line[2..];
            continued = line.EndsWith('\\');
        }
    }

    [GeneratedRegex(@"(?<!`)`(?<line>mcpprobe [^`]+)`(?!`)")]
    private static partial Regex Span();

    [GeneratedRegex(@"\bCMD (?<command>.+)$", RegexOptions.Multiline)]
    private static partial Regex Instruction();
}
