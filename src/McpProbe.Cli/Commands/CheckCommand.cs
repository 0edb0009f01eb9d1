using System.CommandLine;
using McpProbe.Cli.Output;
using McpProbe.Drift;
using McpProbe.Probing;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe check</c>: one probe; its exit code is the verdict.</summary>
internal sealed class CheckCommand : Command, ITakesTarget
{
    private readonly Option<string> _output = new("--output")
    {
        Description = "For people, or one JSON object for programs [default: text]",
        HelpName = "text|json",
    };

    private readonly Option<bool> _strict = new("--strict")
    {
        Description = "Exit with 1 when degraded: outside a latency or certificate budget",
        Arity = ArgumentArity.Zero,
    };

    public CheckCommand()
        : base("check", "Probe a server once: handshake, whole tool catalogue, conditions")
    {
        Target.AddTo(this);
        Options.Add(_output);
        Options.Add(_strict);
        _output.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not ("text" or "json") and var format }])
                result.AddError($"--output: '{format}' is no format; write text or json.");
        });
        SetAction(RunAsync);
    }

    public TargetOptions Target { get; } = new();

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (target, mistakes) = Target.Bind(parsed);
        if (target is null)
            return Mistakes.Refuse(parsed, mistakes);

        var result = await target.ProbeAsync(cancellationToken);
        var text = parsed.GetValue(_output) == "json"
            ? ResultJson.Render(result)
            : ResultText.Render(result, Style.OfStandardOutput(), Terminal.Width());
        await Console.Out.WriteAsync(text);
        return ExitCode(result, parsed.GetValue(_strict));
    }

    private static int ExitCode(ProbeResult result, bool strict) => result switch
    {
        { Failure: { } failure } when result.Verdict != Verdict.Degraded => failure.ExitCodeOf(),
        { Verdict: Verdict.Degraded } when strict => ExitCodes.NotHealthy,
        _ when result.Findings.Any(finding => finding.Level == FindingLevel.Hard) => ExitCodes.Drift,
        _ => ExitCodes.Ok,
    };
}
