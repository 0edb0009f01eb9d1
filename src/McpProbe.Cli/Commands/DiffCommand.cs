using System.CommandLine;
using McpProbe.Catalog;
using McpProbe.Cli.Output;
using McpProbe.Drift;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe diff</c>: what leads from one catalogue to another, each from a snapshot file or a server.</summary>
internal sealed class DiffCommand : Command, ITakesTarget
{
    private const string WordHelp = "a snapshot file, a URL, or stdio:CMD";

    private readonly DiffSide _a = new("A", $"The catalogue before: {WordHelp}");
    private readonly DiffSide _b = new("B", $"The catalogue after: {WordHelp}");
    private readonly Option<ChangeClass?> _failOn = GateOptions.FailOn();
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

        // Files first: with a wrong one nothing is sent.
        var before = a is null ? await ReadAsync("a", _a.WordIn(parsed)!, cancellationToken) : null;
        var after = b is null ? await ReadAsync("b", _b.WordIn(parsed)!, cancellationToken) : null;
        var wrong = new[] { before, after }.OfType<Side>().Where(side => side.Check.ExitCode == ExitCodes.Usage).ToList();
        if (wrong.Count > 0)
            return Mistakes.Refuse(parsed, [.. wrong.Select(side => side.Check.Detail)]);

        before ??= await ProbeAsync("a", a!, cancellationToken);
        after ??= await ProbeAsync("b", b!, cancellationToken);
        foreach (var side in new[] { before, after }.Where(side => side.Snapshot is null))
            await Console.Error.WriteLineAsync($"mcpprobe diff: {side.Check.Detail}");

        var failOn = parsed.GetValue(_failOn) ?? ChangeClass.Breaking;
        var comparison = before.Snapshot is not null && after.Snapshot is not null ? Compare(before, after, before.Snapshot, after.Snapshot) : Comparison.None;
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

    /// <summary>What one of them marks as unstable, neither is held to.</summary>
    private static Comparison Compare(Side before, Side after, Snapshot a, Snapshot b)
    {
        IReadOnlyList<UnstablePlace> unstable = [.. before.Unstable.Union(after.Unstable)];
        (a, b) = (UnstablePlaces.LeaveOut(a, unstable), UnstablePlaces.LeaveOut(b, unstable));
        var changes = RevisionDiffer.Compare(a.Catalog.Canonical, b.Catalog.Canonical, a.ProtocolVersion, b.ProtocolVersion);
        return Comparison.Of(changes, DriftJudge.New(after.Findings, before.Findings)) with { Ignored = unstable.Count == 0 ? null : unstable };
    }

    private (Target? A, Target? B, IReadOnlyList<string> Mistakes) Bind(ParseResult parsed)
    {
        // What follows an unknown option may be its value: nothing can be said of the rest then.
        string[] words = [.. new[] { _a.WordIn(parsed), _b.WordIn(parsed) }.OfType<string>(), .. parsed.UnmatchedTokens];
        var unknown = words.Where(word => word.StartsWith('-')).ToList();
        if (unknown.Count > 0)
            return (null, null, [.. unknown.Select(word => CommandLine.NoSuchOption(this, word))]);
        if (words.Length != 2)
            return (null, null, [$"A B: {(words.Length == 0 ? "there is none" : $"there are {words.Length} ({string.Join(", ", words)})")}; give two, each {WordHelp}."]);

        var (a, b) = (BindSide(_a, words[0]), BindSide(_b, words[1]));
        // What changed is asked, also where no client could use it.
        (a, b) = (a with { Target = Comparable(a.Target) }, b with { Target = Comparable(b.Target) });
        // What is wrong with an option for both is said once.
        var common = a.Mistakes.Intersect(b.Mistakes).ToList();
        return (a.Target, b.Target, [.. common, .. a.Mistakes.Except(common).Select(_a.Named), .. b.Mistakes.Except(common).Select(_b.Named)]);

        static Target? Comparable(Target? target) => target is null ? null : target with
        {
            Endpoint = target.Endpoint with { Conditions = target.Endpoint.Conditions with { ToolsUsable = false } },
        };

        Binding BindSide(DiffSide side, string word) => DiffSide.IsTarget(word) ? side.Bind(parsed, word, Target) : new Binding(null, []);
    }

    private static async Task<Side> ReadAsync(string name, string word, CancellationToken cancellationToken)
    {
        var input = await SnapshotInput.ReadAsync(
            word, ExitCodes.Usage, $"write a server as http://…, https://… or stdio:CMD, or make the file with 'mcpprobe snapshot TARGET -o {word}'", cancellationToken);
        return input.Snapshot is { } saved
            ? new Side(word, saved.Snapshot, GateCheck.Passed(name, $"{ForeignText.Brief(word)}: {Described(saved.Snapshot)}")) { Findings = input.Findings, Places = input.Places, Unstable = saved.Unstable }
            : new Side(word, null, GateCheck.Failed(name, input.ExitCode, input.Fault!));
    }

    private static async Task<Side> ProbeAsync(string name, Target target, CancellationToken cancellationToken)
    {
        var result = await target.ProbeAsync(cancellationToken);
        // Its checks are those of a probe; the first that failed speaks for the side.
        var failed = ProbeChecks.Of(target.Endpoint, result, strict: false).Where(check => check.Status is CheckStatus.Failed && check.Name != "findings").ToList();
        var check = failed.Count > 0
            ? GateCheck.Failed(name, ExitCodes.First(failed.Select(check => check.ExitCode)), $"{ForeignText.OneLine(result.Target)}: {failed[0].Detail}")
            : GateCheck.Passed(name, $"{ForeignText.OneLine(result.Target)}: {Described(result.Snapshot!)}");
        return new Side(target.Endpoint.Target, result.Snapshot, check with { Ms = result.Timings.TotalMs }) { Findings = result.Findings };
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

        public IReadOnlyList<UnstablePlace> Unstable { get; init; } = [];
    }
}
