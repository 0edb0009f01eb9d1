using System.Text.Json;
using CsCheck;
using McpProbe.Model;
using McpProbe.Monitoring.Results;
using McpProbe.Testing;

namespace McpProbe.Tests.Monitoring.Results;

public class CompactResultTests
{
    private static readonly DateTimeOffset Slot = new(2026, 11, 22, 10, 0, 7, 123, TimeSpan.Zero);

    private static readonly Gen<double> Milliseconds = Gen.Frequency(
        (8, Gen.Int[0, 6_000_000].Select(hundredths => hundredths / 100.0)),
        (1, Gen.Double[0, 1e6]),
        (1, Any(0.0, 0.01, 1e12, 123.456)));

    private static readonly Gen<double?> Time = Gen.Bool.SelectMany(has => has ? Milliseconds.Select(ms => (double?)ms) : Gen.Const((double?)null));

    private static readonly Gen<Timings> Times =
        from phases in Time.Array[6]
        from total in Milliseconds
        select new Timings(phases[0], phases[1], phases[2], phases[3], phases[4], phases[5], total);

    private static readonly Gen<ConditionResult> Condition =
        from passed in Gen.Frequency((4, Gen.Const(true)), (1, Gen.Const(false)))
        from name in Any("tools-non-empty", "smoke", "budget-total")
        from detail in Any<string?>(null, "300 ms where 200 are allowed", "Ümläut \"quoted\" 🙂")
        select new ConditionResult(name, passed, detail);

    private static readonly Gen<ProbeResult> AnyResult =
        from sample in Any(StoreSamples.Healthy(), StoreSamples.Down())
        from verdict in Gen.Enum<Verdict>()
        from attempts in Gen.Int[1, 300]
        from times in Times
        from conditions in Condition.List[0, 4]
        from late in Gen.Long[-TimeSpan.TicksPerDay, TimeSpan.TicksPerDay]
        from flags in Gen.Bool.Array[2]
        select sample with
        {
            Verdict = verdict,
            Attempts = attempts,
            Timings = times,
            Conditions = conditions,
            StartedAt = Slot.AddTicks(late),
            Cold = flags[0],
            Maintenance = flags[1],
        };

    [Fact]
    public void Join_AnyResult_IsEqualToTheLastDigit() => AnyResult.Sample(result =>
    {
        var (facts, reading) = CompactResult.Of(result, Slot);

        Assert.Equal(Json(result), Json(CompactResult.Join(Stored(facts), reading, Slot)));
        Assert.Equal(reading, CompactResult.Of(CompactResult.Join(facts, reading, Slot), Slot).Reading);
    });

    [Fact]
    public void Of_TwoProbesOfAnUnchangedServer_HaveTheSameFacts()
    {
        var first = CompactResult.Of(StoreSamples.Healthy(6.25) with { StartedAt = Slot.AddMilliseconds(3) }, Slot);
        var later = CompactResult.Of(
            StoreSamples.Healthy(1234.56) with { StartedAt = Slot.AddMinutes(1), Cold = true, Attempts = 2 }, Slot.AddMinutes(1));

        Assert.Equal(first.Facts, later.Facts);
        Assert.NotSame(first.Facts, later.Facts);
        Assert.Equal(first.Facts.GetHashCode(), later.Facts.GetHashCode());
    }

    [Fact]
    public void Of_AHealthyResult_IsShort()
    {
        var result = StoreSamples.Healthy(123.45) with
        {
            StartedAt = Slot.AddMilliseconds(3.1234),
            Conditions = [new ConditionResult("tools-non-empty", true)],
            Timings = new Timings(12.34, 23.45, 34.56, 45.67, 56.78, 67.89, 123.45),
        };

        Assert.InRange(CompactResult.Of(result, Slot).Reading.Length, 1, 24);
    }

    [Fact]
    public void Of_FailuresInARow_ShareTheirFacts()
    {
        var down = StoreSamples.Down();
        var first = CompactResult.Of(down with { Failure = new Failure(FailureKind.Timeout, McpProbe.Model.Phase.Catalog, "No answer within 10,003 ms.") }, Slot);
        var next = CompactResult.Of(down with { Failure = new Failure(FailureKind.Timeout, McpProbe.Model.Phase.Catalog, "No answer within 10,007 ms.") }, Slot);

        Assert.Equal(first.Facts, next.Facts);
        Assert.NotEqual(first.Reading, next.Reading);
    }

    public static TheoryData<string, Func<ResultFacts, ResultFacts>> Differences => new()
    {
        { "target", facts => facts with { Target = "http://other/mcp" } },
        { "transport", facts => facts with { Transport = TransportKind.Stdio } },
        { "era", facts => facts with { Era = Era.Stateless } },
        { "protocol", facts => facts with { ProtocolVersion = "2024-11-05" } },
        { "versions", facts => facts with { SupportedVersions = [.. facts.SupportedVersions, "2024-11-05"] } },
        { "server", facts => facts with { Server = new ServerIdentity("other", "2") } },
        { "catalogue", facts => facts with { Catalog = facts.Catalog! with { Pages = 7 } } },
        { "findings", facts => facts with { Findings = [new Finding(FindingLevel.Soft, "long-text", null, "", "It is long.")] } },
        { "conditions", facts => facts with { Conditions = [.. facts.Conditions, new ConditionResult("smoke", true)] } },
        { "certificate", facts => facts with { Certificate = new CertificateInfo("CN=a", "CN=b", Slot, 7) } },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void Equals_OneDifference_IsSeen(string because, Func<ResultFacts, ResultFacts> change)
    {
        var facts = CompactResult.Of(StoreSamples.Healthy(), Slot).Facts;

        Assert.False(facts.Equals(change(facts)), because);
        Assert.NotEqual(facts, Stored(change(facts)));
        Assert.Equal(change(facts), Stored(change(facts)));
    }

    [Fact]
    public void Join_ADamagedReading_SaysSo()
    {
        var (facts, reading) = CompactResult.Of(StoreSamples.Down(), Slot);

        Gen.Int[0, reading.Length - 1].Sample(length =>
            Assert.Throws<InvalidDataException>(() => CompactResult.Join(facts, reading.AsSpan(0, length), Slot)));
        Assert.Throws<InvalidDataException>(() => CompactResult.Join(facts, [7, .. reading[1..]], Slot));
        Gen.Byte.Array[0, 40].Sample(bytes =>
        {
            try
            {
                CompactResult.Join(facts, bytes, Slot);
            }
            catch (InvalidDataException)
            {
                // The one exception that a store expects.
            }
        });
    }

    private static Gen<T> Any<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static ResultFacts Stored(ResultFacts facts) => ResultFacts.FromJson(facts.ToJson());

    private static string Json(ProbeResult result) => JsonSerializer.Serialize(result, EngineJson.Default.ProbeResult);
}
