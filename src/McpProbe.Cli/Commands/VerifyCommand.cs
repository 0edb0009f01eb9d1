using System.CommandLine;
using McpProbe.Cli.Output;
using McpProbe.Endpoints;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe verify</c>: the gate after a deployment, against an accepted snapshot. Every check runs and is shown.</summary>
internal sealed class VerifyCommand : Command, ITakesTarget
{
    private readonly Option<string> _baseline = new("--baseline")
    {
        Description = "The accepted snapshot, made with 'mcpprobe snapshot'",
        HelpName = "FILE",
    };

    private readonly Option<TimeSpan?> _wait = GateOptions.Duration("--wait", "Wait so long for a fresh deployment to work first");
    private readonly Option<int> _samples = GateOptions.Samples("Probes that its latency is taken from, after one to warm up");
    private readonly Option<string> _client = new("--client")
    {
        Description = "Ask the official C# client for a second opinion",
        HelpName = "sdk",
    };

    private readonly Option<ChangeClass?> _failOn = GateOptions.FailOn();
    private readonly Option<bool> _strict = GateOptions.Strict();
    private readonly Option<OutputFormat> _output = GateOptions.Output();

    public VerifyCommand()
        : base("verify", "Check a deployment against an accepted snapshot")
    {
        _client.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not "sdk" and var client }])
                result.AddError($"--client: '{client}' is no client; write sdk.");
            else if (SecondOpinion.Missing is { } missing)
                result.AddError($"--client: {missing}");
        });
        Target.AddTo(this);
        foreach (Option option in new Option[] { _baseline, _wait, _samples, _client, _failOn, _strict, _output })
            Options.Add(option);
        SetAction(RunAsync);
    }

    public TargetOptions Target { get; } = new();

    public IReadOnlyList<string> MistakesIn(ParseResult parsed) =>
        parsed.GetResult(_baseline) is null
            ? [.. Target.Bind(parsed).Mistakes, "--baseline: there is none; name the accepted snapshot."]
            : Target.Bind(parsed).Mistakes;

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var mistakes = ((ITakesTarget)this).MistakesIn(parsed);
        if (mistakes.Count > 0 || Target.Bind(parsed).Target is not { } target)
            return Mistakes.Refuse(parsed, mistakes);

        var file = parsed.GetValue(_baseline)!;
        var baseline = await SnapshotInput.ReadAsync(file, ExitCodes.NoBaseline, $"make it with '{SnapshotCommandOf(target.Endpoint, file)}', review it and keep it", cancellationToken);
        if (baseline.ExitCode == ExitCodes.Usage)
            return Mistakes.Refuse(parsed, [$"--baseline: {baseline.Fault}"]);

        var probe = await ProbeAsync(target, baseline, parsed.GetValue(_wait) ?? TimeSpan.Zero, cancellationToken);
        var facts = new VerifyFacts(target.Endpoint, probe.Result)
        {
            Baseline = baseline.Snapshot,
            BaselineFault = baseline.Fault,
            BaselineFindings = baseline.Findings,
            RefusedVersion = probe.Refused,
            Samples = await SampleAsync(probe, baseline, parsed.GetValue(_samples), cancellationToken),
            Opinion = parsed.GetValue(_client) is null ? null : await AskSdkAsync(target, probe.Result, cancellationToken),
            FailOn = parsed.GetValue(_failOn) ?? ChangeClass.Breaking,
            Strict = parsed.GetValue(_strict),
        };
        var gate = VerifyJudge.Judge(facts);
        var report = new Report(Name, probe.Result.Target, probe.Result.StartedAt, gate.Checks)
        {
            Changes = gate.Drift.Changes,
            Findings = gate.Drift.Comparable ? [.. gate.Drift.Findings, .. gate.Result.Findings.Where(finding => finding.IsInterop)] : gate.Result.Findings,
            Specification = gate.Result.Specification ?? [],
            Counts = target.Endpoint.Conditions.Specification,
            File = baseline.Places,
            FailOn = facts.FailOn,
        };
        await ReportWriter.WriteAsync(
            parsed.GetValue(_output),
            report,
            style => GateText.Render(report, gate.Drift, style, Terminal.Width()),
            () => ResultJson.Render(gate));
        return gate.ExitCode;
    }

    private async Task<Probe> ProbeAsync(Target target, SnapshotInput baseline, TimeSpan wait, CancellationToken cancellationToken)
    {
        var startup = new StartupWait(
            TimeProvider.System,
            line => Console.Error.WriteLineAsync($"mcpprobe {Name}: {ForeignText.OneLine(target.Endpoint.Target)}: {line}"),
            Random.Shared.NextDouble);
        return await startup.UntilHealthyAsync(
            cancelled => ProbeAtBaselineAsync(target, baseline.Snapshot?.Snapshot.ProtocolVersion, cancelled),
            probe => probe.Result.Failure,
            wait,
            cancellationToken);
    }

    /// <summary>
    /// Probes at the baseline's protocol version, unless the user names another. A server that answers but refuses it is asked
    /// again for what it speaks, so that everything else can still be judged.
    /// </summary>
    private static async Task<Probe> ProbeAtBaselineAsync(Target target, string? version, CancellationToken cancellationToken)
    {
        if (version is null || target.Endpoint.Protocol is not null || !ProtocolVersions.IsKnown(version))
            return new Probe(target, await target.ProbeAsync(cancellationToken), null);

        var pinned = target with { Endpoint = target.Endpoint with { Protocol = version } };
        var result = await pinned.ProbeAsync(cancellationToken);
        if (result.ProtocolVersion is not null || result.Failure?.ExitCodeOf() != ExitCodes.NotHealthy)
            return new Probe(pinned, result, null);

        var free = await target.ProbeAsync(cancellationToken);
        return free.ProtocolVersion is null ? new Probe(pinned, result, null) : new Probe(target, free, result.Failure);
    }

    /// <summary>
    /// Probes for the latency; the first one that fails ends the sampling. The smoke call is left out: it was made once, and may
    /// cost something.
    /// </summary>
    private static async Task<IReadOnlyList<ProbeResult>> SampleAsync(
        Probe probe, SnapshotInput baseline, int count, CancellationToken cancellationToken)
    {
        var results = new List<ProbeResult>();
        if (probe.Result.Snapshot is null || baseline.Snapshot?.Latency is null || probe.Result.ProtocolVersion != baseline.Snapshot.Snapshot.ProtocolVersion)
            return results;

        var target = probe.Target with { Endpoint = probe.Target.Endpoint with { Smoke = null } };
        while (results.Count < count && results.LastOrDefault() is not { Snapshot: null })
            results.Add(await target.ProbeAsync(cancellationToken));
        return results;
    }

    /// <summary>The client negotiates by itself, as it does for its users; the baseline's protocol version is not imposed on it.</summary>
    private static async Task<SdkOpinion?> AskSdkAsync(Target target, ProbeResult result, CancellationToken cancellationToken) =>
        result.Transport is { } transport
            ? await SecondOpinion.AskAsync(target, transport, cancellationToken)
            : null;

    /// <summary>What the user can type to make the baseline.</summary>
    private static string SnapshotCommandOf(Endpoint endpoint, string file)
    {
        var target = endpoint.Command is null ? endpoint.Target : $"--stdio \"{endpoint.Target}\"";
        return $"mcpprobe snapshot {target} -o {file}";
    }

    /// <param name="Target">As it was probed, so that it can be probed so again.</param>
    /// <param name="Refused">How the server refused the baseline's protocol version; then the result is of another.</param>
    private sealed record Probe(Target Target, ProbeResult Result, Failure? Refused);
}
