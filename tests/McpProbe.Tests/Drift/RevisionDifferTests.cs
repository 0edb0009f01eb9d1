using System.Text;
using McpProbe.Catalog;
using McpProbe.Drift;
using McpProbe.Model;

namespace McpProbe.Tests.Drift;

public class RevisionDifferTests
{
    private const string Plain = """{"name":"echo","inputSchema":{"type":"object"}}""";

    [Fact]
    public void Compare_SameVersion_IsTheCatalogDiffer()
    {
        var (before, after) = (Snapshot("2025-11-25", Plain), Snapshot("2025-11-25", """{"name":"echo","execution":{"taskSupport":"optional"},"inputSchema":{"type":"object"}}"""));

        Assert.Equal(["tool-field-changed"], Rules(before, after));
    }

    /// <summary>Each a tool or capabilities that only one of the two revisions has.</summary>
    public static TheoryData<string, string, string, string> Lacking => new()
    {
        { "2025-11-25", "2026-07-28", """{"name":"echo","execution":{"taskSupport":"optional"},"inputSchema":{"type":"object"}}""", "{}" },
        { "2025-11-25", "2026-07-28", Plain, """{"tasks":{"list":{}}}""" },
        { "2026-07-28", "2025-11-25", Plain, """{"extensions":{"a":{}}}""" },
        { "2025-11-25", "2025-06-18", """{"name":"echo","icons":[{"src":"a"}],"inputSchema":{"type":"object"}}""", "{}" },
        { "2025-06-18", "2025-03-26", """{"name":"echo","title":"Echo","outputSchema":{"type":"object"},"inputSchema":{"type":"object"}}""", "{}" },
        { "2025-03-26", "2024-11-05", """{"name":"echo","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object"}}""", """{"completions":{}}""" },
        { "2026-07-28", "2024-11-05", """{"name":"echo","title":"Echo","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object"}}""", "{}" },
    };

    [Theory]
    [MemberData(nameof(Lacking))]
    public void Compare_AnotherVersion_IgnoresWhatItLacksInBothDirections(string has, string lacks, string tool, string capabilities)
    {
        var (full, bare) = (Snapshot(has, tool, capabilities), Snapshot(lacks, Plain));

        Assert.Equal(["protocol-version-changed"], Rules(full, bare));
        Assert.Equal(["protocol-version-changed"], Rules(bare, full));
    }

    [Fact]
    public void Compare_AnotherVersion_StillSeesEverythingElseWorstFirst()
    {
        var before = Snapshot("2025-11-25", Plain + """,{"name":"gone","execution":{},"inputSchema":{"type":"object"}}""", """{"tools":{},"tasks":{}}""");
        var after = Snapshot("2026-07-28", """{"name":"echo","vendor":1,"inputSchema":{"type":"object"}},{"name":"new"}""", """{"tools":{}}""");

        var changes = Compare(before, after);

        Assert.Equal(["tool-removed", "tool-field-changed", "protocol-version-changed", "tool-added"], changes.Select(change => change.Rule));
        var version = changes[2];
        Assert.Equal((ChangeClass.Warning, "/protocolVersion", "2025-11-25", "2026-07-28"), (version.Class, version.Path, version.Before?.GetString(), version.After?.GetString()));
    }

    [Fact]
    public void Compare_HandshakeRevisionsWithTheSameFields_ComparesThem()
    {
        // The title is in both of these.
        var (before, after) = (Snapshot("2025-06-18", """{"name":"echo","title":"A"}"""), Snapshot("2025-11-25", """{"name":"echo","title":"B"}"""));

        Assert.Equal(["protocol-version-changed", "title-changed"], Rules(before, after).Order());
    }

    [Fact]
    public void Compare_FieldWhoseNameBeginsAlike_IsCompared()
    {
        var (before, after) = (Snapshot("2025-03-26", Plain), Snapshot("2025-06-18", """{"name":"echo","titles":1,"title":"A","inputSchema":{"type":"object"}}"""));

        Assert.Equal(["/protocolVersion", "/titles"], Compare(before, after).Select(change => change.Path).Order(StringComparer.Ordinal));
    }

    private static IReadOnlyList<Change> Compare(Snapshot before, Snapshot after) =>
        RevisionDiffer.Compare(before.Catalog.Canonical, after.Catalog.Canonical, before.ProtocolVersion, after.ProtocolVersion);

    private static IEnumerable<string> Rules(Snapshot before, Snapshot after) => Compare(before, after).Select(change => change.Rule);

    private static Snapshot Snapshot(string version, string tools, string capabilities = "{}")
    {
        var server = new ServerDescription("stub", "1", null, Encoding.UTF8.GetBytes(capabilities));
        using var builder = new CatalogBuilder();
        Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes($$"""{"tools":[{{tools}}]}""")).Error);
        return new Snapshot(version, server, builder.Build(server));
    }
}
