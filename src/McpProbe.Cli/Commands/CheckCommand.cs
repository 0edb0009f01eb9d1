using System.CommandLine;
using McpProbe.Cli.Output;
using McpProbe.Gate;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe check</c>: one probe; its exit code is the verdict.</summary>
internal sealed class CheckCommand : Command, ITakesTarget
{
    private readonly Option<OutputFormat> _output = GateOptions.Output();
    private readonly Option<bool> _tools = new("--tools") { Description = "List the tools too: names, titles, hints", Arity = ArgumentArity.Zero };
    private readonly Option<bool> _deep = new("--deep") { Description = "Look deeper, with some more requests: how the server keeps to the specification", Arity = ArgumentArity.Zero };
    private readonly Option<bool> _strict = GateOptions.Strict();

    public CheckCommand()
        : base("check", "Probe a server once: handshake, whole tool catalogue, conditions")
    {
        Target.AddTo(this);
        Options.Add(_output);
        Options.Add(_strict);
        Options.Add(_tools);
        Options.Add(_deep);
        SetAction(RunAsync);
    }

    public TargetOptions Target { get; } = new();

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (target, mistakes) = Target.Bind(parsed);
        if (target is null)
            return Mistakes.Refuse(parsed, mistakes);

        var result = await target.ProbeAsync(cancellationToken);
        if (parsed.GetValue(_deep))
        {
            (result, var unfinished) = await target.LookDeepAsync(result, cancellationToken);
            foreach (var line in unfinished)
                await Console.Error.WriteLineAsync($"mcpprobe {Name}: not looked at: {ForeignText.OneLine(line)}");
        }

        var strict = parsed.GetValue(_strict);
        var report = new Report(Name, result.Target, result.StartedAt, ProbeChecks.Of(target.Endpoint, result, strict)) { Findings = result.Findings };
        await ReportWriter.WriteAsync(
            parsed.GetValue(_output),
            report,
            style => ResultText.Render(result, style, Terminal.Width(), parsed.GetValue(_tools)),
            () => ResultJson.Render(result));
        return report.ExitCode;
    }
}
