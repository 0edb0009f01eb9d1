using System.CommandLine;
using McpProbe.Catalog;
using McpProbe.Cli.Output;
using McpProbe.Drift;
using McpProbe.Gate;
using McpProbe.Probing;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe diff</c>: what leads from one catalogue to another, each from a snapshot file or a server.</summary>
internal sealed class DiffCommand : Command, ITakesTarget
{
    private const string WordHelp = "a snapshot file, a URL, or stdio:CMD";

    private readonly DiffSide _a = new("A", $"The catalogue before: {WordHelp}");
    private readonly DiffSide _b = new("B", $"The catalogue after: {WordHelp}");
    private readonly Option<ChangeClass> _failOn = GateOptions.FailOn();
    private readonly Option<OutputFormat> _output = GateOptions.Output();

    public DiffCommand()
        : base("diff", "Compare two catalogues: snapshot files or servers, such as blue and green")
    {
        _a.AddTo(this);
        _b.AddTo(this);
        Options.Add(_failOn);
        Options.Add(_output);
        var probing = new Command("probing");
        Target.AddTo(probing);
        foreach (var option in probing.Options.Where(option => option.Name != "--stdio"))
            Options.Add(option);
        SetAction(RunAsync);
    }

    /// <summary>The options for both sides.</summary>
    public TargetOptions Target { get; } = new();

    public IReadOnlyList<string> MistakesIn(ParseResult parsed) => Bind(parsed).Mistakes;

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (a, b, mistakes) = Bind(parsed);
        if (mistakes.Count > 0)
            return Mistakes.Refuse(parsed, mistakes);

        var before = await ReadAsync("a", _a.WordIn(parsed)!, a, cancellationToken);
        var after = await ReadAsync("b", _b.WordIn(parsed)!, b, cancellationToken);
        var faults = new[] { before, after }.Where(side => side.Check.Status is CheckStatus.Failed).ToList();
        if (faults.Exists(side => side.Check.ExitCode == ExitCodes.Usage))
            return Mistakes.Refuse(parsed, [.. faults.Select(side => side.Check.Detail)]);
        foreach (var side in faults.Where(side => side.Snapshot is null))
            await Console.Error.WriteLineAsync($"mcpprobe diff: {side.Check.Detail}");

        var failOn = parsed.GetValue(_failOn);
        var comparison = before.Snapshot is not null && after.Snapshot is not null
            ? Comparison.Of(RevisionDiffer.Compare(
                before.Snapshot.Catalog.Canonical, after.Snapshot.Catalog.Canonical, before.Snapshot.ProtocolVersion, after.Snapshot.ProtocolVersion), DriftJudge.New(after.Findings, before.Findings))
            : Comparison.None;
        var report = new Report(Name, $"{before.Word} → {after.Word}", TimeProvider.System.GetUtcNow(), ChecksOf(before, after, comparison, failOn))
        {
            Changes = comparison.Changes,
            Findings = comparison.Findings,
            File = after.Places ?? before.Places,
            FailOn = failOn,
        };
        await ReportWriter.WriteAsync(
            parsed.GetValue(_output),
            report,
            style => GateText.Render(report, comparison, style, Terminal.Width()),
            () => ResultJson.Render(comparison));
        return report.ExitCode;
    }

    private (Target? A, Target? B, IReadOnlyList<string> Mistakes) Bind(ParseResult parsed)
    {
        List<string> mistakes = [.. parsed.UnmatchedTokens.Select(word => word.StartsWith('-')
            ? $"{word}: there is no such option."
            : $"{word}: there are more than two catalogues; give A and B.")];
        var a = Bind(_a);
        var b = Bind(_b);
        // What is wrong with an option for both is said once.
        var common = a.Mistakes.Intersect(b.Mistakes).ToList();
        mistakes.AddRange(common);
        mistakes.AddRange(a.Mistakes.Except(common).Select(_a.Named));
        mistakes.AddRange(b.Mistakes.Except(common).Select(_b.Named));
        return (a.Target, b.Target, mistakes);

        Binding Bind(DiffSide side) => side.WordIn(parsed) switch
        {
            null => new Binding(null, parsed.UnmatchedTokens.Any(word => word.StartsWith('-')) ? [] : [$"there is none; give {WordHelp}."]),
            { } word when DiffSide.IsTarget(word) => side.Bind(parsed, word, Target),
            _ => new Binding(null, []),
        };
    }

    private static async Task<Side> ReadAsync(string name, string word, Target? target, CancellationToken cancellationToken)
    {
        if (target is not null)
            return Probed(name, word, target, await target.ProbeAsync(cancellationToken));

        var input = await SnapshotInput.ReadAsync(
            word, ExitCodes.Usage, $"write a server as http://…, https://… or stdio:CMD, or make the file with 'mcpprobe snapshot TARGET -o {word}'", cancellationToken);
        return input.Snapshot is { } saved
            ? new Side(word, saved.Snapshot, GateCheck.Passed(name, $"{ForeignText.Brief(word)}: {Described(saved.Snapshot)}")) { Places = input.Places }
            : new Side(word, null, GateCheck.Failed(name, input.ExitCode, input.Fault!));
    }

    private static Side Probed(string name, string word, Target target, ProbeResult result)
    {
        // Its checks are those of a probe; the first that failed speaks for the side.
        var failed = ProbeChecks.Of(target.Endpoint, result, strict: false).Where(check => check.Status is CheckStatus.Failed && check.Name != "findings").ToList();
        var check = failed.Count > 0
            ? GateCheck.Failed(name, ExitCodes.First(failed.Select(check => check.ExitCode)), $"{ForeignText.OneLine(result.Target)}: {failed[0].Detail}")
            : GateCheck.Passed(name, $"{ForeignText.OneLine(result.Target)}: {Described(result.Snapshot!)}");
        return new Side(word, result.Snapshot, check with { Ms = result.Timings.TotalMs }) { Findings = result.Findings };
    }

    private static List<GateCheck> ChecksOf(Side before, Side after, Comparison comparison, ChangeClass failOn)
    {
        const string notCompared = "not compared: a catalogue is missing";
        return
        [
            before.Check,
            after.Check,
            comparison.Comparable ? DriftJudge.Drift(comparison, failOn) : GateCheck.Skipped("drift", notCompared),
            comparison.Comparable ? DriftJudge.Findings(after.Findings, before.Findings) : GateCheck.Skipped("findings", notCompared),
        ];
    }

    private static string Described(Snapshot snapshot) =>
        $"{Count.Of(snapshot.Catalog.ToolNames.Count, "tool")}, {snapshot.ProtocolVersion}, {snapshot.Catalog.Hashes.Hash}";

    /// <param name="Snapshot">Null when there is no catalogue; the check says why.</param>
    private sealed record Side(string Word, Snapshot? Snapshot, GateCheck Check)
    {
        public IReadOnlyList<Finding> Findings { get; init; } = [];

        public SnapshotPlaces? Places { get; init; }
    }
}
