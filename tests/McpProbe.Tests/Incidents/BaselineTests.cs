using System.Text;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Tests.Incidents;

/// <summary>
/// What becomes of a catalogue that left its baseline. A step is a catalogue's letter, in upper case when the server speaks the
/// stateless era; behind it, what the step's change is: <c>i</c>nfo, <c>w</c>arning, <c>u</c>nknown, <c>b</c>reaking, or <c>h</c>, an info
/// with a hard finding. Transitions are written as in <see cref="IncidentMachineTests"/>.
/// </summary>
public class BaselineTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static readonly Endpoint Everything = new()
    {
        Id = "everything",
        Url = new Uri("http://127.0.0.1:3001/mcp"),
        Alerts = new AlertPolicy { Drift = DriftAlert.Info, Suspicious = SuspicionAlert.Never },
    };

    [Theory]
    [InlineData(DriftPolicy.Review, "a b bi!d b", "a", "everything waits for a person")]
    [InlineData(DriftPolicy.Freeze, "a b bi!d b", "a", "so does it when frozen")]
    [InlineData(DriftPolicy.AcceptCompatible, "a b bi b", "b", "what breaks nobody is accepted")]
    [InlineData(DriftPolicy.AcceptCompatible, "a b bw b", "b", "a warning too: a gate lets it pass")]
    [InlineData(DriftPolicy.AcceptCompatible, "a b bb!d b", "a", "a break is not")]
    [InlineData(DriftPolicy.AcceptCompatible, "a b bu!d b", "a", "nor what cannot be proved safe")]
    [InlineData(DriftPolicy.AcceptCompatible, "a b bh!d b", "a", "nor hidden text, however compatible")]
    [InlineData(DriftPolicy.AcceptCompatible, "a b b!d b", "a", "nor changes that are not known")]
    [InlineData(DriftPolicy.AcceptCompatible, "a b bb!d c ci.d c", "c", "a repaired catalogue resolves the drift")]
    [InlineData(DriftPolicy.Review, "a A Aw!d A a a.d", "a", "another protocol version is drift, twice seen")]
    [InlineData(DriftPolicy.Review, "a A a A a", "a", "a rolling deployment that answers in turns is not")]
    [InlineData(DriftPolicy.AcceptCompatible, "a A Aw A", "A", "an upgrade that only warns is accepted")]
    public void Judge_Policy_DecidesWhatWaitsForReview(DriftPolicy policy, string steps, string baseline, string because)
    {
        var endpoint = Everything with { DriftPolicy = policy };
        var (seen, state) = (new List<string>(), EndpointState.New);
        var slot = Start;
        foreach (var step in steps.Split(' '))
        {
            var judgement = Judge(state, endpoint, slot += endpoint.Interval, step);
            seen.Add(step.Split('!', '.', '~')[0] + Written(judgement.Transitions));
            state = judgement.State;
        }

        Assert.True(steps == string.Join(' ', seen), $"{because}: {string.Join(' ', seen)}");
        Assert.Equal(Version(baseline[0]), new CatalogVersion(state.Baseline!.Value.ProtocolVersion, state.Baseline.Value.Reference.Hash));
    }

    [Fact]
    public void AcceptBaseline_DriftedCatalog_BecomesTheBaselineAndResolves()
    {
        var drifted = Run("a b bb");

        var accepted = Accept(drifted);

        Assert.Equal(".d", Written(accepted.Transitions));
        Assert.Equal("baseline-accepted", accepted.Transitions[0].Incident.Rule);
        Assert.Equal(new BaselineReference("sha256:b", Start.AddHours(1), "Ann"), accepted.State.Baseline!.Value.Reference);
        Assert.Empty(Judge(accepted.State, Everything, Start.AddHours(2), "b").Transitions);
        Assert.Equal(DriftStepKind.Candidate, Next(accepted.State, Start.AddHours(2), 'a').Kind);
    }

    [Fact]
    public void AcceptBaseline_NothingDrifted_MarksItAsReviewed()
    {
        var accepted = Accept(Run("a a"));

        Assert.Empty(accepted.Transitions);
        Assert.Equal("Ann", accepted.State.Baseline!.Value.Reference.AcceptedBy);
        Assert.Same(EndpointState.New, Accept(EndpointState.New).State);
    }

    [Fact]
    public void Judge_ReturnToTheBaseline_IsRecordedToo()
    {
        var (state, slot, records) = (EndpointState.New, Start, new List<DriftRecord>());
        foreach (var step in "a b bb a ai c ci".Split(' '))
        {
            var judgement = Judge(state, Everything, slot += Everything.Interval, step);
            state = judgement.State;
            if (judgement.Drift is { } record)
                records.Insert(0, record);
        }

        Assert.Equal(
            [("sha256:a", "sha256:c"), ("sha256:b", "sha256:a"), ("sha256:a", "sha256:b")],
            records.Select(record => (record.BeforeHash, record.AfterHash)));

        Assert.All(records, record => Assert.Equal((null, "2025-11-25"), (record.BeforeProtocolVersion, record.ProtocolVersion)));

        var timeline = new CatalogTimeline(state, records);
        Assert.Equal("cabaa", string.Concat(new[] { 7.0, 5, 3.5, 2, -1 }.Select(minute => timeline.At(Start.AddMinutes(minute))!.Hash[^1])));
        Assert.Equal("b", timeline.Find("sha256:b")?.Hash[^1..]);
        Assert.Null(timeline.Find("sha256:z"));
        Assert.Empty(new CatalogTimeline(EndpointState.New, []).Points);
    }

    [Fact]
    public void Judge_DriftToAnotherVersion_RecordsBoth()
    {
        var record = Judge(Run("a A"), Everything, Start.AddHours(1), "Aw").Drift!;

        Assert.Equal(("2025-11-25", "2026-07-28"), (record.BeforeProtocolVersion, record.ProtocolVersion));
    }

    [Fact]
    public void Baseline_StateOfAnOlderVersion_IsTheNewestOne()
    {
        var state = EndpointState.New with
        {
            Baselines = new Dictionary<string, BaselineReference>
            {
                ["2026-07-28"] = new("sha256:b", Start.AddDays(1), null),
                ["2025-11-25"] = new("sha256:a", Start, null),
            },
        };

        Assert.Equal(("2026-07-28", "sha256:b"), (state.Baseline?.ProtocolVersion, state.Baseline?.Reference.Hash));
    }

    [Fact]
    public void Compare_AcrossRevisions_LeavesOutWhatOneOfThemLacks()
    {
        var before = Catalog("""{"tasks":{}}""", """{"name":"echo","execution":{"taskSupport":"optional"},"inputSchema":{"type":"object"},"title":"Echo"}""");
        var after = Catalog("{}", """{"name":"echo","inputSchema":{"type":"object"},"title":"Say it again"}""");

        Assert.Equal(
            ["protocol-version-changed", "title-changed"],
            RevisionDiffer.Compare(before, after, "2025-11-25", "2026-07-28").Select(change => change.Rule).Order());
        var untitled = Catalog("{}", """{"name":"echo","inputSchema":{"type":"object"}}""");
        Assert.Equal(["protocol-version-changed"], RevisionDiffer.Compare(untitled, after, "2025-03-26", "2026-07-28").Select(change => change.Rule));
        Assert.Contains("tool-field-changed", RevisionDiffer.Compare(before, after, "2025-11-25", "2025-11-25").Select(change => change.Rule));
        Assert.All(RevisionDiffer.Compare(before, before, "2025-11-25", "2026-07-28"), change => Assert.Equal(ChangeClass.Warning, change.Class));
    }

    private static byte[] Catalog(string capabilities, string tool) => Encoding.UTF8.GetBytes(
        $$"""{"formula":1,"server":{"capabilities":{{capabilities}},"instructions":null,"name":"stub"},"tools":[{{tool}}]}""");

    private static EndpointState Run(string steps)
    {
        var (state, slot) = (EndpointState.New, Start);
        foreach (var step in steps.Split(' '))
            state = Judge(state, Everything, slot += Everything.Interval, step).State;
        return state;
    }

    private static Judgement Accept(EndpointState state) =>
        IncidentMachine.Judge(state, new BaselineAccepted(Start.AddHours(1), "Ann"), Everything);

    private static CatalogVersion Version(char letter) =>
        new(char.IsUpper(letter) ? "2026-07-28" : "2025-11-25", $"sha256:{char.ToLowerInvariant(letter)}");

    private static DriftStep Next(EndpointState state, DateTimeOffset slot, char letter) => DriftWatch.Next(state, "local", Result(slot, letter, []));

    private static Judgement Judge(EndpointState state, Endpoint endpoint, DateTimeOffset slot, string step)
    {
        var kind = step.Split('!', '.', '~')[0] is [_, var second] ? second : ' ';
        Change[] changes = kind is ' ' ? [] :
        [
            new(kind switch { 'b' => ChangeClass.Breaking, 'u' => ChangeClass.Unknown, 'w' => ChangeClass.Warning, _ => ChangeClass.Info },
                "some-rule", "echo", "", null, null, "It changed."),
        ];
        Finding[] findings = kind is 'h' ? [new(FindingLevel.Hard, "tag-characters", "echo", "/description", "Hidden text.")] : [];
        var result = Result(slot, step[0], findings);
        return IncidentMachine.Judge(state, new Observation(slot, "local", result, DriftWatch.Next(state, "local", result), changes), endpoint);
    }

    private static ProbeResult Result(DateTimeOffset slot, char letter, IReadOnlyList<Finding> findings) => new()
    {
        Target = Everything.Target,
        Verdict = Verdict.Healthy,
        ProtocolVersion = Version(letter).ProtocolVersion,
        Catalog = new CatalogSummary(1, 1, Version(letter).Hash, "", "", "", "", 1),
        Findings = findings,
        Timings = new Timings(null, null, null, null, null, null, 1),
        StartedAt = slot,
    };

    private static string Written(IEnumerable<Transition> transitions) => string.Concat(transitions.Select(transition =>
        transition.Type switch { TransitionType.Opened => "!", TransitionType.Resolved => ".", _ => "~" }
        + WireNames.Of(transition.Incident.Kind)[0]));
}
