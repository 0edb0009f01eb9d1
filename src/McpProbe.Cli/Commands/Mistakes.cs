using System.CommandLine;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary>How bad input is refused: every mistake on a line of its own on standard error, then where to read on.</summary>
internal static class Mistakes
{
    /// <returns>The exit code for wrong usage.</returns>
    public static int Refuse(ParseResult parsed, IReadOnlyCollection<string> mistakes)
    {
        var name = parsed.CommandResult.Command.Name;
        var command = parsed.CommandResult == parsed.RootCommandResult ? name : $"{parsed.RootCommandResult.Command.Name} {name}";
        foreach (var mistake in mistakes)
            Console.Error.WriteLine($"{command}: {ForeignText.OneLine(mistake)}");
        Console.Error.WriteLine($"Run '{command} --help' to see what it takes.");
        return ExitCodes.Usage;
    }
}
