using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using McpProbe.Cli.Output;
using McpProbe.Model;

namespace McpProbe.Cli.Commands;

/// <summary>The generated help; it ends with examples, on a probing command after its groups of options, on the root before the exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private const int Width = 100;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.MaxWidth = Width;
        help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is ITakesTarget { Target: var target } and Command command)
            WriteGroups(output, target.Groups, command);
        var isRoot = parseResult.CommandResult == parseResult.RootCommandResult;
        List<string> examples = [.. isRoot ? Examples.First : Examples.Of(parseResult.CommandResult.Command.Name)];
        if (examples.Count > 0)
            output.WriteLine("Examples:");
        foreach (var example in examples)
            output.WriteLine($"  {example}");
        if (isRoot)
        {
            output.WriteLine("\nExit codes:");
            foreach (var (code, meaning) in CommandLine.ExitCodeLines)
                output.WriteLine($"  {code,-4} {meaning}");
        }

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
