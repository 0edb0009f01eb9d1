using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using McpProbe.Cli.Output;
using McpProbe.Model;

namespace McpProbe.Cli.Commands;

/// <summary>The generated help; on the root it ends with examples and the exit codes, on a probing command with its groups of options.</summary>
internal sealed class HelpWithExamples(HelpAction help, string ending) : SynchronousCommandLineAction
{
    private const int Width = 100;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.MaxWidth = Width;
        help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult == parseResult.RootCommandResult)
            output.WriteLine(ending);
        if (parseResult.CommandResult.Command is ITakesTarget { Target: var target } and Command command)
            WriteGroups(output, target.Groups, command);
        return ExitCodes.Ok;
    }

    private static void WriteGroups(TextWriter output, IReadOnlyList<OptionGroup> groups, Command command)
    {
        var column = groups.SelectMany(group => group.Options).Max(option => Heading(option).Length) + 2;
        foreach (var group in groups)
        {
            output.WriteLine($"{group.Title}:");
            foreach (var option in group.Options.Where(command.Options.Contains))
            {
                var heading = Heading(option);
                foreach (var line in TextWrap.Lines(option.Description!, Width - column))
                {
                    output.WriteLine(heading.PadRight(column) + line);
                    heading = "";
                }
            }

            output.WriteLine();
        }
    }

    private static string Heading(Option option) => option.HelpName is { } value ? $"  {option.Name} <{value}>" : $"  {option.Name}";
}
