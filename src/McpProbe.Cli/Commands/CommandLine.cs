using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace McpProbe.Cli.Commands;

/// <summary>The whole command line: finds the command, refuses bad input with every mistake at once, runs it.</summary>
internal static class CommandLine
{
    /// <summary>EX_SOFTWARE of sysexits(3): mcpprobe itself is broken.</summary>
    public const int Bug = 70;

    private const string Examples = """
        Examples:
          mcpprobe check https://mcp.example.com/mcp
          mcpprobe check https://mcp.example.com/mcp --bearer-env MCP_TOKEN --require-tool search
          mcpprobe check --stdio "npx -y @modelcontextprotocol/server-everything" --output json
          mcpprobe explain https://mcp.example.com/mcp
          mcpprobe snapshot https://mcp.example.com/mcp -o mcp.snapshot.json
          mcpprobe diff mcp.snapshot.json https://mcp.example.com/mcp
          mcpprobe verify https://mcp.example.com/mcp --baseline mcp.snapshot.json --wait 120s
          mcpprobe bridge https://mcp.example.com/mcp --listen 0.0.0.0:8086
          mcpprobe accept search --server http://127.0.0.1:8080 --by Ann
          mcpprobe validate probes.yaml
          mcpprobe import official --search weather -o probes.yaml
          mcpprobe apply probes.yaml --server http://127.0.0.1:8080 --dry-run
          mcpprobe export --server http://127.0.0.1:8080 -o probes.yaml

        Exit codes:
          0    all well
          1    reached, but not healthy: protocol, catalogue or a condition
          2    wrong usage or a wrong file
          3    credentials needed or refused
          4    unreachable
          5    the smoke call failed
          6    the catalogue drifted at or above --fail-on, or holds hard findings
          7    slower than the baseline
          8    the baseline is missing, or cannot be compared with
          130  interrupted (Ctrl+C); 143 when ended by SIGTERM
        """;

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
            return parsed.Errors.Select(error => error.Message).ToList();

        // The words that belong to no option are judged by the target: it alone knows which of them was to be the URL.
        return parsed.Errors
            .Where(error => error.SymbolResult is not CommandResult)
            .Select(error => error.Message)
            .Concat(command.MistakesIn(parsed))
            .ToList();
    }

    private static string NoCommand(ParseResult parsed)
    {
        var commands = parsed.RootCommandResult.Command.Subcommands.Select(command => command.Name).ToList();
        var known = $"write {string.Join(", ", commands[..^1])} or {commands[^1]}.";
        return parsed.UnmatchedTokens is [var word, ..]
            ? $"{word}: there is no such command; {known}"
            : $"there is no command; {known}";
    }

    // Not a RootCommand: that one takes its name from the file that was started.
    private static Command Root() => new("mcpprobe", "Probes MCP servers the way their clients use them.")
    {
        new CheckCommand(),
        new ExplainCommand(),
        new SnapshotCommand(),
        new DiffCommand(),
        new VerifyCommand(),
        new BridgeCommand(),
        new AcceptCommand(),
        new ValidateCommand(),
        new ImportCommand(),
        new ApplyCommand(),
        new ExportCommand(),
        Help(),
        new VersionOption { Description = "Show the version" },
    };

    private static HelpOption Help()
    {
        var help = new HelpOption { Description = "Show this help", Recursive = true };
        help.Action = new HelpWithExamples((HelpAction)help.Action!, Examples);
        return help;
    }
}
