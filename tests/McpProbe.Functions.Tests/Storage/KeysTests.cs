using CsCheck;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Storage;

public class KeysTests
{
    private static readonly Gen<string> Name = Gen.String[Gen.Char["abz019./\\#?%*~|=} \n\u001fé"], 1, 30];
    private static readonly Gen<DateTimeOffset> Slots = Gen.Int[0, 60 * 365 * 24 * 3600].Select(seconds => StoreSamples.Start.AddSeconds(seconds));

    // Names are what people configure; the table refuses some characters, and a bar or a star of theirs must not be one of ours.
    [Fact]
    public void Parts_OfAnyName_HoldNothingThatTheTableRefusesOrThatKeysMean() => Name.Sample(name =>
    {
        var part = Keys.LocationState("a", name)["a|".Length..];
        Assert.DoesNotContain(part, each => "/\\#?%*~|}".Contains(each) || char.IsControl(each));
        Assert.True(string.CompareOrdinal(Keys.SharedState("a"), Keys.LocationState("a", name)) < 0);
        Assert.True(string.CompareOrdinal(Keys.LocationState("a", name), Keys.StateRange("a").Until) < 0);
    });

    [Fact]
    public void Parts_OfDifferentNames_Differ() => Gen.Select(Name, Name).Sample((one, other) =>
        Assert.Equal(one == other, Keys.LocationState("a", one) == Keys.LocationState("a", other)));

    [Fact]
    public void Result_OfANewerSlot_SortsFirst() => Gen.Select(Slots, Slots, Name).Sample((one, other, location) =>
    {
        var (older, newer) = one < other ? (one, other) : (other, one);
        if (older == newer)
            return;
        Assert.True(string.CompareOrdinal(Keys.Result(newer, location), Keys.Result(older, location)) < 0);
        Assert.True(string.CompareOrdinal(Keys.ResultPartition("a", newer), Keys.ResultPartition("a", older)) <= 0);
        Assert.True(string.CompareOrdinal(Keys.Result(newer, location), Keys.ResultsAfter(new(newer))) < 0);
        Assert.True(string.CompareOrdinal(Keys.Result(older, location), Keys.ResultsAfter(new(newer))) > 0);
    });

    [Fact]
    public void Pending_OfALaterTransition_SortsLater()
    {
        string[] keys =
        [
            Keys.SharedState("a"),
            Keys.LocationState("a", "zone"),
            Keys.Pending(StoreSamples.Transition("a", 1, 1)),
            Keys.Pending(StoreSamples.Transition("a", 1, 2)),
            Keys.Pending(StoreSamples.Transition("a", 2, 10)),
            Keys.Pending(StoreSamples.Transition("a", 3, 9)),
        ];
        Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
    }

    [Fact]
    public void OfTransition_AnId_IsTheIncidentAndTheSequence()
    {
        var incident = IncidentIds.Of("a.b-c", IncidentKind.Drift, StoreSamples.Slot(1));
        Assert.Equal((incident, 12), Keys.OfTransition(IncidentIds.OfTransition(incident, 12)));
    }

    // Written down: another hash would lose every endpoint of a store that exists.
    [Theory]
    [InlineData("a", 4, 1)]
    [InlineData("b", 4, 0)]
    [InlineData("every.thing", 4, 2)]
    [InlineData("every.thing", 16, 2)]
    public void ShardOf_AnId_NeverChanges(string id, int shards, int shard) => Assert.Equal(shard, Keys.ShardOf(id, shards));

    [Fact]
    public void ShardOf_ManyIds_SpreadsThem()
    {
        var counts = Enumerable.Range(0, 4000).CountBy(number => Keys.ShardOf($"endpoint-{number}", 4)).ToDictionary();
        Assert.Equal(4, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 900, 1100));
    }
}
