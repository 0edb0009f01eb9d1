using System.CommandLine;
using System.Text.Json;
using McpProbe.Cli.Output;
using McpProbe.Gate;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe explain</c>: one probe, put together for a person. Its exit code is <c>check</c>'s.</summary>
internal sealed class ExplainCommand : Command, ITakesTarget
{
    private readonly Option<OutputFormat> _output = GateOptions.Output();

    public ExplainCommand()
        : base("explain", "Say what was tried, layer by layer, what it proves, and what to do next")
    {
        Target.AddTo(this);
        Options.Add(_output);
        SetAction(RunAsync);
    }

    public TargetOptions Target { get; } = new();

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (target, mistakes) = Target.Bind(parsed);
        if (target is null)
            return Mistakes.Refuse(parsed, mistakes);

        var result = await target.ProbeAsync(cancellationToken);
        var report = new Report(Name, result.Target, result.StartedAt, ProbeChecks.Of(target.Endpoint, result, strict: false)) { Findings = result.Findings };
        var explanation = Explainer.Of(target.Endpoint, result) with { ExitCode = report.ExitCode };
        await ReportWriter.WriteAsync(
            parsed.GetValue(_output),
            report,
            style => ExplanationText.Render(explanation, style, Terminal.Width()),
            () => JsonSerializer.Serialize(explanation, ProbeJson.Indented.Explanation) + "\n");
        return report.ExitCode;
    }
}
