using System.CommandLine;
using McpProbe.Cli.Output;
using McpProbe.Model;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe help</c>: what <c>--help</c> prints, and the man page.</summary>
internal sealed class HelpCommand : Command
{
    private readonly Argument<string> _command = new("COMMAND")
    {
        Description = "The command to explain; without it, all of them",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _man = new("--man") { Description = "Print the manual page of mcpprobe, for man(1)", Arity = ArgumentArity.Zero };

    public HelpCommand()
        : base("help", "Explain a command: its options, with examples")
    {
        Arguments.Add(_command);
        Options.Add(_man);
        Validators.Add(result =>
        {
            if (MonitorOptions.Word(result.GetResult(_command)) is { } word && CommandLine.Visible.All(command => command.Name != word))
                result.AddError(CommandLine.NoSuchCommand(word));
        });
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (!parsed.GetValue(_man))
            return await CommandLine.RunAsync(parsed.GetValue(_command) is { } command ? [command, "--help"] : ["--help"], cancellationToken);
        await Console.Out.WriteAsync(ManPage.Render());
        return ExitCodes.Ok;
    }
}
