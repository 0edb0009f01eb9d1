using System.CommandLine;
using McpProbe.Model;

namespace McpProbe.Cli.Commands;

/// <summary>
/// <c>mcpprobe complete -- WORDS…</c>, which the scripts of <see cref="CompletionCommand"/> call: what the last word, maybe empty, can become,
/// one a line. Nothing for what the shell itself knows, such as files.
/// </summary>
internal sealed class CompleteCommand : Command
{
    private readonly Argument<string[]> _words = new("WORDS") { Arity = ArgumentArity.ZeroOrMore };

    public CompleteCommand()
        : base("complete", "Print what the last word can become")
    {
        Hidden = true;
        Arguments.Add(_words);
        SetAction(async (parsed, _) =>
        {
            foreach (var candidate in Candidates(parsed.GetValue(_words) ?? []))
                await Console.Out.WriteLineAsync(candidate);
            return ExitCodes.Ok;
        });
    }

    internal static IReadOnlyList<string> Candidates(IReadOnlyList<string> words)
    {
        string[] before = [.. words.SkipLast(1)];
        var last = words.Count == 0 ? "" : words[^1];
        var command = CommandLine.Visible.FirstOrDefault(command => before.Length > 0 && command.Name == before[0]);
        var candidates = before.Length == 0 ? CommandLine.Visible.Select(each => each.Name).Concat(["--help", "--version"])
            : command is null ? []
            : last.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && last.StartsWith('-') ? ValuesOf(command, last[..equals]).Select(value => $"{last[..equals]}={value}")
            : TakesValue(command, before[^1]) ? ValuesOf(command, before[^1])
            : last.StartsWith('-') ? OptionsOf(command).Where(name => !before.Contains(name) || IsMany(command, name))
            : ArgumentsOf(command);
        return [.. candidates.Where(candidate => candidate.StartsWith(last, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> OptionsOf(Command command) =>
        command.Options.Where(option => option.Name != "--help").Select(option => option.Name).Append("--help");

    private static Option? Find(Command command, string name) =>
        command.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    private static bool TakesValue(Command command, string name) =>
        Find(command, name) is { Arity.MaximumNumberOfValues: > 0 } option && option.ValueType != typeof(bool);

    private static bool IsMany(Command command, string name) => Find(command, name)?.ValueType.IsArray is true;

    // The help shows them as 'a|b|c'.
    private static string[] ValuesOf(Command command, string name) =>
        Find(command, name)?.HelpName is { } values && values.Contains('|', StringComparison.Ordinal) ? values.Split('|') : [];

    private static IEnumerable<string> ArgumentsOf(Command command) =>
        command.Name == "help" ? CommandLine.Visible.Select(each => each.Name)
        : command.Arguments is [{ HelpName: { } values }] && values.Contains('|', StringComparison.Ordinal) ? values.Split('|')
        : [];
}
