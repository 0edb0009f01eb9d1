using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary>The whole command line: finds the command, refuses bad input with every mistake at once, runs it.</summary>
internal static class CommandLine
{
    /// <summary>EX_SOFTWARE of sysexits(3): mcpprobe itself is broken.</summary>
    public const int Bug = 70;

    /// <summary>What it is for, in a sentence.</summary>
    public const string Purpose = "Probes MCP servers the way their clients use them.";

    public static readonly (string Code, string Meaning)[] ExitCodeLines =
    [
        ("0", "all well"),
        ("1", "reached, but not healthy: protocol, catalogue, a condition, or sessions that were cut"),
        ("2", "wrong usage or a wrong file"),
        ("3", "credentials needed or refused"),
        ("4", "unreachable"),
        ("5", "the smoke call failed"),
        ("6", "the catalogue drifted at or above --fail-on, or holds hard findings"),
        ("7", "slower than the baseline"),
        ("8", "the baseline is missing, or cannot be compared with"),
        ("130", "interrupted (Ctrl+C); 143 when ended by SIGTERM"),
    ];

    /// <summary>The commands that the help names, in its order.</summary>
    public static IReadOnlyList<Command> Visible => [.. Root().Subcommands.Where(command => !command.Hidden)];

    public static string Version => typeof(CommandLine).Assembly.GetName().Version!.ToString(3);

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var parsed = Parse(args);
        if (MistakesOf(parsed) is { Count: > 0 } mistakes)
            return Mistakes.Refuse(parsed, mistakes);

        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null, // Interruption has the signals.
        };
        return await parsed.InvokeAsync(configuration, cancellationToken);
    }

    /// <summary>What was typed, understood but not run.</summary>
    internal static ParseResult Parse(IReadOnlyList<string> args) => Root().Parse(args);

    /// <summary>Every mistake that the parser sees. A probing command finds more when it binds its target.</summary>
    internal static IReadOnlyList<string> MistakesOf(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0)
            return [];
        if (parsed.CommandResult == parsed.RootCommandResult)
            return [NoCommand(parsed)];
        if (parsed.CommandResult.Command is not ITakesTarget command)
            return [.. parsed.Errors.Select(error => Unknown(error, parsed) ?? error.Message)];

        // The words that belong to no option are judged by the target: it alone knows which of them was to be the URL.
        return parsed.Errors
            .Where(error => error.SymbolResult is not CommandResult)
            .Select(error => error.Message)
            .Concat(command.MistakesIn(parsed))
            .ToList();
    }

    /// <summary>What is said of a word that looks like an option and is none.</summary>
    public static string NoSuchOption(Command command, string word)
    {
        var near = Suggestion.Near(word.Split('=')[0], [.. command.Options.Where(option => option.Name.StartsWith("--", StringComparison.Ordinal)).Select(option => option.Name), "--help"]);
        return $"{word}: there is no such option{(near is null ? "." : $"; did you mean '{near}'?")}";
    }

    public static string NoSuchCommand(string word)
    {
        string[] names = [.. Visible.Select(command => command.Name)];
        return $"{word}: there is no such command; {(Suggestion.Near(word, names) is { } near ? $"did you mean '{near}'?" : Known(names))}";
    }

    private static string NoCommand(ParseResult parsed) => parsed.UnmatchedTokens is [var word, ..]
        ? word.StartsWith('-') ? NoSuchOption(parsed.RootCommandResult.Command, word) : NoSuchCommand(word)
        : $"there is no command; {Known([.. Visible.Select(command => command.Name)])}";

    private static string Known(string[] names) => $"write {string.Join(", ", names[..^1])} or {names[^1]}.";

    // The parser says of a word that is left over only that it does not know it.
    private static string? Unknown(ParseError error, ParseResult parsed)
    {
        var word = error.SymbolResult is CommandResult
            ? parsed.UnmatchedTokens.FirstOrDefault(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal))
            : null;
        return word is null ? null
            : word.StartsWith('-') ? NoSuchOption(parsed.CommandResult.Command, word)
            : $"{word}: there is no place for this word; leave it out, or put words that belong together in quotation marks.";
    }

    // Not a RootCommand: that one takes its name from the file that was started.
    private static Command Root() => new("mcpprobe", Purpose)
    {
        new CheckCommand(),
        new ExplainCommand(),
        new SnapshotCommand(),
        new DiffCommand(),
        new VerifyCommand(),
        new BridgeCommand(),
        new DrainCommand(),
        new AcceptCommand(),
        new ValidateCommand(),
        new ImportCommand(),
        new ApplyCommand(),
        new ExportCommand(),
        new HelpCommand(),
        new CompletionCommand(),
        new CompleteCommand(),
        Help(),
        new VersionOption { Description = "Show the version" },
    };

    private static HelpOption Help()
    {
        var help = new HelpOption { Description = "Show this help", Recursive = true };
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return help;
    }
}
