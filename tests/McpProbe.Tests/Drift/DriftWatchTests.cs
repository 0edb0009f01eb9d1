using McpProbe.Drift;
using McpProbe.Model;

namespace McpProbe.Tests.Drift;

/// <summary>One observation against a state. A catalogue is written as its letter, in upper case at the newer protocol version.</summary>
public class DriftWatchTests
{
    private const string Here = "here";
    private static readonly DateTimeOffset Slot = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("", "", "", 'a', DriftStepKind.FirstBaseline, "a", null)]
    [InlineData("a", "", "", 'a', DriftStepKind.None, "", null)]
    [InlineData("a", "", "b", 'a', DriftStepKind.Back, "a", "a")]
    [InlineData("a", "", "", 'b', DriftStepKind.Candidate, "b", "a")]
    [InlineData("a", "", "c", 'b', DriftStepKind.Candidate, "b", "a")]
    [InlineData("a", "", "b", 'b', DriftStepKind.Drifted, "b", "a")]
    [InlineData("a", "b", "", 'b', DriftStepKind.None, "", null)]
    [InlineData("a", "b", "c", 'b', DriftStepKind.Back, "b", "b")]
    [InlineData("a", "b", "", 'c', DriftStepKind.Candidate, "c", "b")]
    [InlineData("a", "b", "c", 'c', DriftStepKind.DriftedAgain, "c", "a")]
    [InlineData("a", "b", "", 'a', DriftStepKind.Candidate, "a", "b")]
    [InlineData("a", "b", "a", 'a', DriftStepKind.Returned, "a", "b")]
    // The same tools at another version are another catalogue.
    [InlineData("a", "", "", 'A', DriftStepKind.Candidate, "A", "a")]
    [InlineData("a", "", "a", 'A', DriftStepKind.Candidate, "A", "a")]
    [InlineData("a", "", "A", 'A', DriftStepKind.Drifted, "A", "a")]
    [InlineData("a", "A", "", 'A', DriftStepKind.None, "", null)]
    [InlineData("a", "A", "a", 'a', DriftStepKind.Returned, "a", "A")]
    public void Next_Observation_IsAStep(string baseline, string drifted, string candidate, char seen, DriftStepKind kind, string to, string? from)
    {
        var step = DriftWatch.Next(State(baseline, drifted, candidate), Here, Result(seen));

        Assert.Equal((kind, to, from), (step.Kind, Written(step.To), step.From is { } compared ? Written(compared) : null));
    }

    [Fact]
    public void Next_SeenBeforeAtAnotherLocationOnly_ConfirmsNothing()
    {
        var step = DriftWatch.Next(State("a", "", "b"), "elsewhere", Result('b'));

        Assert.Equal(DriftStepKind.Candidate, step.Kind);
        Assert.False(step.IsConfirmed);
    }

    [Theory]
    [InlineData(Verdict.Healthy, DriftStepKind.FirstBaseline)]
    [InlineData(Verdict.Degraded, DriftStepKind.FirstBaseline)]
    [InlineData(Verdict.Down, DriftStepKind.None)]
    [InlineData(Verdict.Gated, DriftStepKind.None)]
    [InlineData(Verdict.Unknown, DriftStepKind.None)]
    public void Next_ProbeThatFailed_SaysNothingOfTheCatalog(Verdict verdict, DriftStepKind expected) =>
        Assert.Equal(expected, DriftWatch.Next(EndpointState.New, Here, Result('a') with { Verdict = verdict }).Kind);

    [Theory]
    [InlineData("", "", null, null)]
    [InlineData("a", "", "a", null)]
    [InlineData("a", "b", "b", null)]
    [InlineData("a", "A", null, "A")]
    [InlineData("A", "a", "a", null)]
    [InlineData("a", "B", null, "B")]
    public void CurrentHash_AtAVersion_IsThatOfTheCatalogReadAtIt(string baseline, string drifted, string? older, string? newer)
    {
        var state = State(baseline, drifted, "");

        Assert.Equal(older is null ? null : Version(older[0]).Hash, DriftWatch.CurrentHash(state, Here, "2025-11-25"));
        Assert.Equal(newer is null ? null : Version(newer[0]).Hash, DriftWatch.CurrentHash(state, Here, "2026-07-28"));
    }

    private static EndpointState State(string baseline, string drifted, string candidate) =>
        (baseline is [var one] ? EndpointState.New.WithBaseline(Version(one).ProtocolVersion, new(Version(one).Hash, Slot, null)) : EndpointState.New) with
        {
            Drifted = drifted is [var two] ? Seen(two) : null,
            Catalogs = new Dictionary<string, SeenCatalog>
            {
                [Here] = new SeenCatalog
                {
                    Settled = drifted is [var settled] ? Version(settled) : null,
                    Unsettled = candidate is [var last] ? new UnsettledCatalog(Seen(last), 1, []) : null,
                },
            },
        };

    private static DriftCandidate Seen(char letter) => new(Version(letter).ProtocolVersion, Version(letter).Hash, Slot.AddMinutes(-1));

    private static ProbeResult Result(char letter) => new()
    {
        Target = "http://127.0.0.1:3001/mcp",
        Verdict = Verdict.Healthy,
        ProtocolVersion = Version(letter).ProtocolVersion,
        Catalog = new CatalogSummary(1, 1, Version(letter).Hash, "", "", "", "", 1),
        Timings = new Timings(null, null, null, null, null, null, 1),
        StartedAt = Slot,
    };

    private static CatalogVersion Version(char letter) =>
        new(char.IsUpper(letter) ? "2026-07-28" : "2025-11-25", $"sha256:{char.ToLowerInvariant(letter)}");

    private static string Written(CatalogVersion version) => version.Hash.Length == 0
        ? ""
        : $"{(version.ProtocolVersion == "2026-07-28" ? char.ToUpperInvariant(version.Hash[^1]) : version.Hash[^1])}";
}
