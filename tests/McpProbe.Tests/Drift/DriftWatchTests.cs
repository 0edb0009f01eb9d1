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

    // Elsewhere another location that reports has settled on b, or only seen it once.
    [Theory]
    [InlineData(true, 'a', DriftStepKind.Joined)]
    [InlineData(false, 'a', DriftStepKind.Returned)]
    public void Next_BackAtTheBaseline_IsOverWhenNoOtherLocationDrifted(bool settled, char seen, DriftStepKind kind)
    {
        var state = State("a", "b", "a") with
        {
            Locations = new Dictionary<string, LocationState> { ["elsewhere"] = new(Slot, Verdict.Healthy, 0, 1) },
        };
        state = state.WithSeen("elsewhere", settled ? new SeenCatalog { Settled = Version('b') } : new SeenCatalog { Unsettled = new(Seen('b'), 1, []) });

        Assert.Equal(kind, DriftWatch.Next(state, Here, Result(seen)).Kind);
    }

    // A state of an older version says that the endpoint drifted to b, and not where: then it is so for each location.
    [Theory]
    [InlineData("", 'b')]
    [InlineData("once", 'b')]
    [InlineData("settled", 'a')]
    public void CurrentHash_OfALocationThatIsNotKnown_IsWhatTheEndpointDriftedTo(string elsewhere, char current)
    {
        var state = EndpointState.New.WithBaseline(Version('a').ProtocolVersion, new(Version('a').Hash, Slot, null)) with { Drifted = Seen('b') };
        if (elsewhere.Length > 0)
            state = state.WithSeen("elsewhere", elsewhere == "settled" ? new SeenCatalog { Settled = Version('b') } : new SeenCatalog { Unsettled = new(Seen('c'), 1, []) });

        Assert.Equal(Version(current).Hash, DriftWatch.CurrentHash(state, Here, Version(current).ProtocolVersion));
    }

    // Only the first catalogue can be no accident by being seen again: not one that is there instead of it.
    [Theory]
    [InlineData("", 'a', DriftStepKind.SeenAgain)]
    [InlineData("b", 'b', DriftStepKind.None)]
    public void Next_ProvisionalBaseline_IsSeenAgain(string drifted, char seen, DriftStepKind kind)
    {
        var state = State("a", drifted, "");
        state = state.WithBaseline(Version('a').ProtocolVersion, new(Version('a').Hash, Slot, null) { Provisional = true }) with { Drifted = state.Drifted, Catalogs = state.Catalogs };

        Assert.Equal(kind, DriftWatch.Next(state, Here, Result(seen)).Kind);
    }

    [Theory]
    [InlineData(DriftStepKind.None, false, false)]
    [InlineData(DriftStepKind.FirstBaseline, true, false)]
    [InlineData(DriftStepKind.SeenAgain, false, false)]
    [InlineData(DriftStepKind.Candidate, false, false)]
    [InlineData(DriftStepKind.Back, false, false)]
    [InlineData(DriftStepKind.Settled, false, false)]
    [InlineData(DriftStepKind.Joined, false, false)]
    [InlineData(DriftStepKind.Drifted, true, true)]
    [InlineData(DriftStepKind.DriftedAgain, true, true)]
    [InlineData(DriftStepKind.Returned, false, true)]
    public void Step_Kind_SaysWhatItNeeds(DriftStepKind kind, bool content, bool confirmed)
    {
        var step = new DriftStep(kind, Version('a'), null);

        Assert.Equal((content, confirmed), (step.NeedsContent, step.IsConfirmed));
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
