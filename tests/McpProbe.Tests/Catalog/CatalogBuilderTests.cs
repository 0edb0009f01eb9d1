using System.Text;
using McpProbe.Catalog;
using McpProbe.Model;

namespace McpProbe.Tests.Catalog;

public class CatalogBuilderTests
{
    private static readonly ServerDescription Server = new("everything", "1.0", "Be kind.", """{"tools":{"listChanged":true}}"""u8.ToArray());

    private const string Echo = """
        {"name":"echo","title":"Echo","description":"Echoes.","inputSchema":{"type":"object","properties":{
         "message":{"type":"string","description":"What to say"}},"required":["message"]},
         "annotations":{"title":"Echo it","readOnlyHint":true}}
        """;

    private static ToolCatalog Build(params string[] pages) => BuildFor(Server, pages);

    private static ToolCatalog BuildFor(ServerDescription server, params string[] pages)
    {
        using var builder = new CatalogBuilder();
        foreach (var page in pages)
            Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes(page)).Error);
        Assert.Empty(builder.Findings);
        return builder.Build(server);
    }

    private static string Page(params string[] tools) => $$"""{"tools":[{{string.Join(',', tools)}}]}""";

    private static string Text(ToolCatalog catalog) => Encoding.UTF8.GetString(catalog.Canonical.Span);

    [Fact]
    public void Build_TwoPages_IsTheCanonicalDocumentSortedByName()
    {
        var catalog = Build(
            """{"tools":[{"name":"b","inputSchema":{"type":["string","null"],"required":["y","x"]},"_meta":{"v":1}}],"nextCursor":"2","ttlMs":5}""",
            """{"_meta":{},"tools":[{"inputSchema":{ },"name":"a"}],"cacheScope":"x"}""");

        Assert.Equal(
            """{"formula":1,"server":{"capabilities":{"tools":{"listChanged":true}},"instructions":"Be kind.","name":"everything"},"""
            + """
              "tools":[{"inputSchema":{},"name":"a"},{"inputSchema":{"required":["x","y"],"type":["null","string"]},"name":"b"}]}
              """,
            Text(catalog));
        Assert.Equal(["a", "b"], catalog.ToolNames);
        Assert.Equal(2, catalog.Pages);
    }

    // Formula 1, pinned: these values are stored with baselines. A change here needs a new formula number.
    [Fact]
    public void Build_KnownCatalogue_HasTheHashesOfFormula1()
    {
        var catalog = Build(Page(Echo, """{"name":"bare"}"""));

        Assert.Equal(Sha(Text(catalog)), catalog.Hashes.Hash);
        Assert.Equal(Sha("""[{"name":"bare"},{"inputSchema":{"properties":{"message":{"type":"string"}},"required":["message"],"type":"object"},"name":"echo"}]"""), catalog.Hashes.Contract);
        Assert.Equal(Sha("""[{"annotations":{"title":"Echo it"},"description":"Echoes.","inputSchema":{"properties":{"message":{"description":"What to say"}}},"name":"echo","title":"Echo"}]"""), catalog.Hashes.Text);
        Assert.Equal(Sha("""[{"annotations":{"readOnlyHint":true},"name":"echo"}]"""), catalog.Hashes.Annotations);
        Assert.Equal(Sha("""{"capabilities":{"tools":{"listChanged":true}},"instructions":"Be kind.","name":"everything"}"""), catalog.Hashes.Server);

        static string Sha(string text) => "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    public static TheoryData<string, string, string, string> Edits => new()
    {
        // what, in the tool, becomes what, and which hashes move
        { "key order and white space", "\"name\":\"echo\",\"title\":\"Echo\"", "\"title\" : \"Echo\", \"name\":\"echo\"", "" },
        { "escapes", "Echoes.", "\\u0045choes.", "" },
        { "_meta", "\"name\":", "\"_meta\":{\"x\":1},\"name\":", "" },
        { "set order", "[\"message\"]", "[\"message\",\"message\"]", "" },
        { "notation of a number", "\"type\":\"string\"", "\"type\":\"string\",\"maxLength\":10.0", "hash contract" },
        { "description", "Echoes.", "Echoes!", "hash text" },
        { "title", "\"title\":\"Echo\"", "\"title\":\"Echo!\"", "hash text" },
        { "title taken away", "\"title\":\"Echo\",", "", "hash text" },
        { "description in the schema", "What to say", "What", "hash text" },
        { "title in the schema", "\"type\":\"object\"", "\"type\":\"object\",\"title\":\"T\"", "hash text" },
        { "title of annotations", "Echo it", "Echo that", "hash text" },
        { "a property named description", "\"message\":{\"type\"", "\"description\":{},\"message\":{\"type\"", "hash contract" },
        { "type", "\"type\":\"string\"", "\"type\":\"number\"", "hash contract" },
        { "required", "[\"message\"]", "[]", "hash contract" },
        { "comment", "\"type\":\"object\"", "\"type\":\"object\",\"$comment\":\"c\"", "hash" },
        { "examples", "\"type\":\"object\"", "\"type\":\"object\",\"examples\":[{\"description\":1}]", "hash" },
        { "default is data", "\"type\":\"object\"", "\"type\":\"object\",\"default\":{\"description\":\"d\"}", "hash contract" },
        { "text below a definition", "\"type\":\"object\"", "\"type\":\"object\",\"$defs\":{\"title\":{\"description\":\"d\"}}", "hash contract text" },
        { "text in a list of schemas", "\"type\":\"object\"", "\"type\":\"object\",\"anyOf\":[true,{\"title\":\"d\"}]", "hash contract text" },
        { "output schema", "\"name\":", "\"outputSchema\":{\"type\":\"object\"},\"name\":", "hash contract" },
        { "annotation", "\"readOnlyHint\":true", "\"readOnlyHint\":false", "hash annotations" },
        { "icons", "\"name\":", "\"icons\":[],\"name\":", "hash" },
        { "name", "\"name\":\"echo\"", "\"name\":\"Echo\"", "hash contract text annotations" },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void Build_EditedTool_MovesOnlyTheHashesThatTheEditBelongsTo(string what, string from, string to, string moved)
    {
        Assert.Contains(from, Echo, StringComparison.Ordinal);
        var before = Build(Page(Echo)).Hashes;
        var after = Build(Page(Echo.Replace(from, to, StringComparison.Ordinal))).Hashes;

        Assert.Equal((what, moved), (what, Moved(before, after)));
    }

    [Theory]
    [InlineData("everything", "2.0", "Be kind.", "{\"tools\":{\"listChanged\":true}}", "")]
    [InlineData("Everything", "1.0", "Be kind.", "{\"tools\":{\"listChanged\":true}}", "hash server")]
    [InlineData("everything", "1.0", null, "{\"tools\":{\"listChanged\":true}}", "hash server")]
    [InlineData("everything", "1.0", "Be kind.", "{\"tools\":{}}", "hash server")]
    [InlineData("everything", "1.0", "Be kind.", "", "hash server")]
    [InlineData("everything", "1.0", "Be kind.", " { \"tools\" : {\"listChanged\":true } } ", "")]
    public void Build_OtherServer_MovesTheServerHash(string name, string version, string? instructions, string capabilities, string moved) =>
        Assert.Equal(moved, Moved(
            Build(Page(Echo)).Hashes,
            BuildFor(new ServerDescription(name, version, instructions, Encoding.UTF8.GetBytes(capabilities)), Page(Echo)).Hashes));

    private static string Moved(CatalogHashes a, CatalogHashes b) => string.Join(' ', new[]
    {
        a.Hash != b.Hash ? "hash" : null, a.Contract != b.Contract ? "contract" : null, a.Text != b.Text ? "text" : null,
        a.Annotations != b.Annotations ? "annotations" : null, a.Server != b.Server ? "server" : null,
    }.OfType<string>());

    [Fact]
    public void Build_ToolsInAnyOrderOnAnyPages_HasTheSameHashes()
    {
        const string twin = """{"name":"echo","inputSchema":{}}""";
        var one = Build(Page(Echo, """{"name":"b"}""", twin));
        var other = Build(Page(twin, Echo), Page(), Page("""{"name":"b"}"""));

        Assert.Equal(one.Hashes, other.Hashes);
        Assert.Equal(["b", "echo", "echo"], one.ToolNames);
    }

    [Fact]
    public void Build_DataThatLooksLikeASchema_KeepsItsOrder() => Assert.Contains(
        """{"const":{"required":["z","a"]},"default":{"type":["b","a"]},"enum":[["b","a"]],"properties":{"required":{"type":["a","b"]}},"x-vendor":{"required":["z","a"]}}""",
        Text(Build(Page("""
            {"name":"t","inputSchema":{"properties":{"required":{"type":["b","a"]}},"enum":[["b","a"]],"const":{"required":["z","a"]},
             "default":{"type":["b","a"]},"x-vendor":{"required":["z","a"]}}}
            """))), StringComparison.Ordinal);

    [Fact]
    public void Build_NoPages_IsAnEmptyCatalogue()
    {
        var catalog = BuildFor(new ServerDescription(null, null, null, default));

        Assert.Equal("""{"formula":1,"server":{"capabilities":{},"instructions":null,"name":null},"tools":[]}""", Text(catalog));
        Assert.Empty(catalog.ToolNames);
    }

    [Fact]
    public void Build_LoneSurrogates_NeitherThrowsNorLosesThem()
    {
        var catalog = BuildFor(Server with { Name = "a\ud83d" }, Page("""{"name":"\ud83d","description":"\ude00"}"""));

        Assert.Equal(["\ud83d"], catalog.ToolNames);
        Assert.Contains("""{"description":"\ude00","name":"\ud83d"}""", Text(catalog), StringComparison.Ordinal);
        Assert.Contains("\"name\":\"a\\ud83d\"", Text(catalog), StringComparison.Ordinal);
    }

    [Fact]
    public void AddPage_DuplicateKeys_AreSoftFindingsWithTheirPlace()
    {
        using var builder = new CatalogBuilder();

        Assert.Null(builder.AddPage("""{"tools":[],"tools":[{"name":"a","inputSchema":{"properties":{"x/y":{"type":1,"type":"string"}}}}]}"""u8.ToArray()).Error);

        Assert.Equal(
            [(FindingLevel.Soft, "duplicate-key", null, "/tools"), (FindingLevel.Soft, "duplicate-key", "a", "/inputSchema/properties/x~1y/type")],
            builder.Findings.Select(finding => (finding.Level, finding.Rule, finding.Tool, finding.Path)));
        Assert.Equal(["a"], builder.Build(Server).ToolNames);
    }

    [Fact]
    public void Build_CapabilitiesThatAreNotJson_AreAFinding()
    {
        using var builder = new CatalogBuilder();

        var catalog = builder.Build(Server with { Capabilities = new byte[] { (byte)'"', 0xFF, (byte)'"' } });

        Assert.Contains("\"capabilities\":null", Text(catalog), StringComparison.Ordinal);
        Assert.Equal("unreadable-capabilities", Assert.Single(builder.Findings).Rule);
    }

    [Theory]
    [InlineData("""{"tools":[]}""", null)]
    [InlineData("""{"tools":[],"nextCursor":null}""", null)]
    [InlineData("""{"tools":[],"nextCursor":""}""", "\"\"")]
    [InlineData("""{"nextCursor":"a\u0062\n","tools":[]}""", "\"a\\u0062\\n\"")]
    public void AddPage_Cursor_IsItsRawText(string page, string? cursor)
    {
        using var builder = new CatalogBuilder();

        var outcome = builder.AddPage(Encoding.UTF8.GetBytes(page));

        Assert.Null(outcome.Error);
        Assert.Equal(cursor, outcome.NextCursor is { } raw ? Encoding.UTF8.GetString(raw.Span) : null);
    }

    [Theory]
    [InlineData("", "the tools/list result is not valid JSON (line 1, byte 1)")]
    [InlineData("[]", "the tools/list result is not a JSON object")]
    [InlineData("{}", "the tools/list result has no 'tools' array")]
    [InlineData("""{"tools":{}}""", "'tools' in the tools/list result is not an array")]
    [InlineData("""{"tools":null}""", "'tools' in the tools/list result is not an array")]
    [InlineData("""{"tools":[{"name":"a"},1]}""", "tools[1] is not an object")]
    [InlineData("""{"tools":[{"name":"a"},{"title":"b"}]}""", "tools[1] has no name")]
    [InlineData("""{"tools":[{"name":1}]}""", "the name of tools[0] is not a string")]
    [InlineData("""{"tools":[{"name":"a"}],"nextCursor":1}""", "'nextCursor' in the tools/list result is not a string")]
    [InlineData("""{"tools":[{"name":"a"}]""", "the tools/list result is not valid JSON (line 1, byte 24)")]
    [InlineData("""{"tools":[{"name":"a"}]} x""", "the tools/list result is not valid JSON (line 1, byte 26)")]
    public void AddPage_NotAToolList_SaysWhatIsWrongAndKeepsNothing(string page, string error)
    {
        using var builder = new CatalogBuilder();
        builder.AddPage("""{"tools":[{"name":"first"}]}"""u8.ToArray());

        Assert.Equal(error, builder.AddPage(Encoding.UTF8.GetBytes(page)).Error);

        Assert.Equal(1, builder.Count);
        Assert.Equal(["first"], builder.Build(Server).ToolNames);
    }

    [Theory]
    [InlineData("{\"x\":", "}")]
    [InlineData("{\"tools\":[{\"name\":\"a\",\"inputSchema\":", "}]}")]
    public void AddPage_NestedTooDeeply_IsAnError(string open, string close)
    {
        using var builder = new CatalogBuilder();

        var page = open + new string('[', 100_000) + new string(']', 100_000) + close;

        Assert.Equal("the tools/list result is JSON nested deeper than 256 levels", builder.AddPage(Encoding.UTF8.GetBytes(page)).Error);
    }

    // A long name around many descriptions: text by full pointers would take gigabytes.
    [Fact]
    public void AddPage_LongNamesAroundManyTexts_StaysLinear()
    {
        using var builder = new CatalogBuilder();
        var properties = string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"p{i}\":{{\"description\":\"d\"}}"));

        var outcome = builder.AddPage(Encoding.UTF8.GetBytes(
            Page($$$"""{"name":"a","inputSchema":{"properties":{"{{{new string('x', 1 << 20)}}}":{"properties":{ {{{properties}}} } } } } }""")));

        Assert.Null(outcome.Error);
        Assert.Single(builder.Build(Server).ToolNames);
    }

    [Fact]
    public void Build_TenTools_AllocatesLittleMoreThanTheCatalogueItself()
    {
        var page = Encoding.UTF8.GetBytes(Page([.. Enumerable.Range(0, 10).Select(i => Echo.Replace("\"echo\"", $"\"echo-{i}\"", StringComparison.Ordinal))]));
        var catalog = Run();

        // The least of several: a collection in between may empty the pool.
        var overhead = Enumerable.Range(0, 10).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run();
            return GC.GetAllocatedBytesForCurrentThread() - before - catalog.Canonical.Length;
        });

        Assert.InRange(overhead, 0, 5 * 1024);

        ToolCatalog Run()
        {
            using var builder = new CatalogBuilder();
            builder.AddPage(page);
            return builder.Build(Server);
        }
    }
}
