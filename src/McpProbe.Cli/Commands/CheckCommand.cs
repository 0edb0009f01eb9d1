using System.CommandLine;
using McpProbe.Cli.Conformance;
using McpProbe.Cli.Output;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe check</c>: one probe; its exit code is the verdict.</summary>
internal sealed class CheckCommand : Command, ITakesTarget
{
    private readonly Option<OutputFormat> _output = GateOptions.Output();
    private readonly Option<bool> _tools = new("--tools") { Description = "List the tools too: names, titles, hints", Arity = ArgumentArity.Zero };
    private readonly Option<bool> _deep = new("--deep") { Description = "Look deeper, with some more requests: how the server keeps to the specification", Arity = ArgumentArity.Zero };
    private readonly Option<bool> _conformance = new("--conformance") { Description = "Run the server scenarios of the official conformance suite too; needs Node.js 22 or newer", Arity = ArgumentArity.Zero };
    private readonly Option<bool> _strict = GateOptions.Strict();

    public CheckCommand()
        : base("check", "Probe a server once: handshake, whole tool catalogue, conditions")
    {
        Target.AddTo(this);
        Options.Add(_output);
        Options.Add(_strict);
        Options.Add(_tools);
        Options.Add(_deep);
        Options.Add(_conformance);
        SetAction(RunAsync);
    }

    public TargetOptions Target { get; } = new();

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (target, mistakes) = Target.Bind(parsed);
        if (target is null)
            return Mistakes.Refuse(parsed, mistakes);

        ConformanceSuite? suite = null;
        if (parsed.GetValue(_conformance))
        {
            var obstacles = ConformanceRun.Obstacles(target.Endpoint, target.Addresses).ToList();
            (suite, var missing) = obstacles.Count > 0 ? (null, null) : await ConformanceSuite.FindAsync(cancellationToken);
            if (suite is null)
                return Mistakes.Refuse(parsed, missing is null ? obstacles : [missing]);
        }

        var result = await target.ProbeAsync(cancellationToken);
        if (parsed.GetValue(_deep))
        {
            (result, var unfinished) = await target.LookDeepAsync(result, cancellationToken);
            foreach (var line in unfinished)
                await SayAsync($"not looked at: {line}");
        }

        var isBroken = false;
        if (suite is not null)
        {
            (var findings, isBroken) = await ConformanceRun.RunAsync(suite, target.Endpoint, result, SayAsync, cancellationToken);
            result = DeepProber.Join(target.Endpoint, result, findings);
        }

        var strict = parsed.GetValue(_strict);
        var report = new Report(Name, result.Target, result.StartedAt, ProbeChecks.Of(target.Endpoint, result, strict))
        {
            Findings = result.Findings,
            Specification = result.Specification ?? [],
            Counts = target.Endpoint.Conditions.Specification,
        };
        await ReportWriter.WriteAsync(
            parsed.GetValue(_output),
            report,
            style => ResultText.Render(result, style, Terminal.Width(), parsed.GetValue(_tools)),
            () => ResultJson.Render(result));
        // Who asked for the suite must not take silence for consent.
        return isBroken && report.ExitCode == ExitCodes.Ok ? ExitCodes.Usage : report.ExitCode;
    }

    private Task SayAsync(string line) => Console.Error.WriteLineAsync($"mcpprobe {Name}: {ForeignText.OneLine(line)}");
}
