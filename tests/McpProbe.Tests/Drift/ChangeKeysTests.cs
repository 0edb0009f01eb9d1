using System.Text.Json;
using McpProbe.Drift;
using McpProbe.Model;

namespace McpProbe.Tests.Drift;

public class ChangeKeysTests
{
    private static Change Change(ChangeClass level, string? after, string path = "/a", string rule = "r", string tool = "t", string? before = null) =>
        new(level, rule, tool, path, Json(before), Json(after), "Whatever it says.");

    private static JsonElement? Json(string? text) => text is null ? null : JsonElement.Parse(text);

    // What breaks is the same change with another value, too.
    [Theory]
    [InlineData(ChangeClass.Info, 1, false)]
    [InlineData(ChangeClass.Warning, 1, false)]
    [InlineData(ChangeClass.Unknown, 2, true)]
    [InlineData(ChangeClass.Breaking, 2, true)]
    public void Of_AChange_IsAKeyOfItsValueAndWhereItBreaksOneWithout(ChangeClass level, int keys, bool lasts)
    {
        var (one, other) = (Change(level, "1"), Change(level, "2"));

        Assert.Equal(keys, ChangeKeys.Of([one]).Count);
        Assert.Equal(ChangeKeys.Exact(one), ChangeKeys.Of([one])[0]);
        Assert.NotEqual(ChangeKeys.Exact(one), ChangeKeys.Exact(other));
        Assert.Equal(lasts, ChangeKeys.Lasting(one) == ChangeKeys.Lasting(other));
        Assert.Equal(ChangeKeys.Lasting(one), ChangeKeys.Of([one])[^1]);
    }

    [Fact]
    public void Of_ARemoval_IsOneKey() => Assert.Single(ChangeKeys.Of([Change(ChangeClass.Breaking, null, before: "1")]));

    [Fact]
    public void Lasting_AnotherPlace_IsAnotherKey()
    {
        Change[] changes =
        [
            Change(ChangeClass.Breaking, "1"), Change(ChangeClass.Breaking, "1", path: "/b"), Change(ChangeClass.Breaking, "1", rule: "s"),
            Change(ChangeClass.Breaking, "1", tool: "u"), Change(ChangeClass.Breaking, "1", before: "1"),
        ];

        Assert.Equal(changes.Length, changes.Select(ChangeKeys.Lasting).Distinct().Count());
    }

    // Eight bytes as base64, without padding: some 1.5 KB for a catalogue.
    [Fact]
    public void Of_ManyChanges_KeepsTheFirstHundredShortKeys()
    {
        var changes = Enumerable.Range(0, 200).Select(i => Change(ChangeClass.Warning, "1", $"/{i}")).ToList();

        var keys = ChangeKeys.Of(changes);

        Assert.Equal(changes.Take(100).Select(ChangeKeys.Exact), keys);
        Assert.All(keys, key => Assert.Equal(11, key.Length));
    }
}
