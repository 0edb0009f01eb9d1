using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace McpProbe.Cli.Commands;

/// <summary>The generated help; on the root it ends with examples and the exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction help, string ending) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.MaxWidth = 100;
        help.Invoke(parseResult);
        if (parseResult.CommandResult == parseResult.RootCommandResult)
            parseResult.InvocationConfiguration.Output.WriteLine(ending);
        return ExitCodes.Ok;
    }
}
