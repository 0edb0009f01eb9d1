using System.Text;
using McpProbe.Catalog;
using McpProbe.Model;

namespace McpProbe.Tests.Catalog;

public class UnstablePlacesTests
{
    private const string Base = """{"name":"a","description":"d","inputSchema":{"type":"object","properties":{"x/y":{"default":1}},"required":["x/y"]},"icons":[{"src":"1"},{"src":"2"}]}""";

    private static ToolCatalog Build(string tools, string? instructions = null, string capabilities = "{}") => Snap(tools, instructions, capabilities).Catalog;

    private static Snapshot Snap(string tools, string? instructions = null, string capabilities = "{}")
    {
        var server = new ServerDescription("server", "1", instructions, Encoding.UTF8.GetBytes(capabilities));
        using var builder = new CatalogBuilder();
        Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes($$"""{"tools":[{{tools}}]}""")).Error);
        return new Snapshot("2025-11-25", server, builder.Build(server));
    }

    public static TheoryData<string, string[]> Others => new()
    {
        // What the second call gives, and the places where it differs.
        { Base, [] },
        { Base.Replace("\"d\"", "\"e\"", StringComparison.Ordinal), ["a /description"] },
        { Base.Replace("\"description\":\"d\",", "", StringComparison.Ordinal), ["a /description"] },
        { Base.Replace("\"d\"", "\"d\",\"title\":\"t\"", StringComparison.Ordinal), ["a /title"] },
        { Base.Replace("\"d\"", "null", StringComparison.Ordinal), ["a /description"] },
        { Base.Replace("\"default\":1", "\"default\":2", StringComparison.Ordinal), ["a /inputSchema/properties/x~1y/default"] },
        { Base.Replace("\"default\":1", "\"default\":{}", StringComparison.Ordinal), ["a /inputSchema/properties/x~1y/default"] },
        // An element cannot be left out of an array; a member of one can.
        { Base.Replace("[\"x/y\"]", "[\"z\"]", StringComparison.Ordinal), ["a /inputSchema/required"] },
        { Base.Replace("[\"x/y\"]", "[]", StringComparison.Ordinal), ["a /inputSchema/required"] },
        { Base.Replace("{\"src\":\"2\"}", "{\"src\":\"3\"}", StringComparison.Ordinal), ["a /icons/1/src"] },
        { Base.Replace(",{\"src\":\"2\"}", "", StringComparison.Ordinal), ["a /icons"] },
        { Base.Replace("{\"src\":\"1\"}", "{\"src\":\"9\"}", StringComparison.Ordinal).Replace(",{\"src\":\"2\"}", ",1", StringComparison.Ordinal), ["a /icons"] },
        { Base + """,{"name":"b"}""", ["b (is not always there)"] },
        { """{"name":"b"}""", ["a (is not always there)", "b (is not always there)"] },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Between_TwoCalls_NamesExactlyWhatDiffers(string other, string[] places)
    {
        var (first, second) = (Snap(Base), Snap(other));

        var found = UnstablePlaces.Between([first.Catalog, second.Catalog]);

        Assert.Equal(places, found.Select(place => place.ToString()));
        Assert.Equal(places, UnstablePlaces.Between([second.Catalog, first.Catalog]).Select(place => place.ToString()));
        Assert.Equal(UnstablePlaces.LeaveOut(first, found).Catalog.Hashes, UnstablePlaces.LeaveOut(second, found).Catalog.Hashes);
        // And nothing else is left out.
        if (places.Length == 0)
            Assert.Same(first, UnstablePlaces.LeaveOut(first, found));
    }

    [Fact]
    public void Between_ServersOwnWords_ArePlacesToo()
    {
        var first = Snap(Base, "It is 10:00.", """{"tools":{"listChanged":true},"experimental":{"build":1}}""");
        var second = Snap(Base, "It is 10:01.", """{"tools":{"listChanged":true},"experimental":{"build":2}}""");

        var found = UnstablePlaces.Between([first.Catalog, second.Catalog]);

        Assert.Equal(["(the server) /capabilities/experimental/build", "(the server) /instructions"], found.Select(place => place.ToString()));
        var left = UnstablePlaces.LeaveOut(first, found);
        Assert.Equal(left.Catalog.Hashes, UnstablePlaces.LeaveOut(second, found).Catalog.Hashes);
        Assert.Contains("\"capabilities\":{\"experimental\":{},\"tools\":{\"listChanged\":true}},\"instructions\":null", Encoding.UTF8.GetString(left.Catalog.Canonical.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Between_ManyCalls_GathersThePlacesOfAll()
    {
        string[] calls = [Base, Base.Replace("\"d\"", "\"e\"", StringComparison.Ordinal), Base, Base.Replace("\"default\":1", "\"default\":2", StringComparison.Ordinal), Base.Replace("{\"src\":\"2\"}", "{\"src\":\"3\"}", StringComparison.Ordinal), Base.Replace(",{\"src\":\"2\"}", "", StringComparison.Ordinal)];

        // A place within another one is not named.
        Assert.Equal(
            ["a /description", "a /icons", "a /inputSchema/properties/x~1y/default"],
            UnstablePlaces.Between([.. calls.Select(call => Build(call))]).Select(place => place.ToString()));
    }

    [Fact]
    public void LeaveOut_Nothing_KeepsEveryOtherChange()
    {
        IReadOnlyList<UnstablePlace> places = [new("a", "/description")];

        Assert.NotEqual(
            UnstablePlaces.LeaveOut(Snap(Base), places).Catalog.Hashes.Hash,
            UnstablePlaces.LeaveOut(Snap(Base.Replace("\"default\":1", "\"default\":2", StringComparison.Ordinal)), places).Catalog.Hashes.Hash);
        Assert.Equal(2, UnstablePlaces.LeaveOut(Snap(Base + """,{"name":"b"}"""), places).Catalog.ToolNames.Count);
    }
}
