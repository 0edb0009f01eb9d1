using System.Text;
using System.Text.Json;
using McpProbe.Catalog;
using McpProbe.Model;

namespace McpProbe.Tests.Catalog;

public sealed class StoredToolsTests
{
    [Fact]
    public void Read_ACatalogue_GivesEachToolWhereItStands()
    {
        var catalog = Catalog("""{"name":"zoo","inputSchema":{"properties":{"name":{"type":"string"}},"type":"object"}},{"name":"\ud800 lone","title":"é"},{"name":"ark"}""");

        var stored = StoredTools.Read(catalog.Canonical);

        Assert.Equal(catalog.ToolNames, stored.Tools.Select(tool => tool.Name));
        Assert.Equal(["ark", "zoo", "\ud800 lone"], stored.Tools.Select(tool => tool.Name));
        Assert.Equal("""{"inputSchema":{"properties":{"name":{"type":"string"}},"type":"object"},"name":"zoo"}""", Encoding.UTF8.GetString(stored.Tools[1].Json.Span));
        using var server = JsonDocument.Parse(stored.Server);
        Assert.Equal("test", server.RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public void Read_NoTools_IsAnEmptyList() => Assert.Empty(StoredTools.Read(Catalog("").Canonical).Tools);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"formula":1,"server":{},"tools":1}""")]
    [InlineData("""{"formula":1,"tools":[]}""")]
    [InlineData("""{"formula":1,"server":{},"tools":[{"name":"a"}""")]
    public void Read_WhatIsNoCatalogue_Throws(string json) =>
        Assert.Throws<ArgumentException>(() => StoredTools.Read(Encoding.UTF8.GetBytes(json)));

    internal static ToolCatalog Catalog(string tools)
    {
        using var builder = new CatalogBuilder();
        Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes($$"""{"tools":[{{tools}}]}""")).Error);
        return builder.Build(new ServerDescription("test", "1", null, "{}"u8.ToArray()));
    }
}
