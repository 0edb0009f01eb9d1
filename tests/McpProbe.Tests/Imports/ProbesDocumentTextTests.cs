using McpProbe.Configuration;
using McpProbe.Imports;
using McpProbe.Imports.Planning;
using McpProbe.Imports.Writing;

namespace McpProbe.Tests.Imports;

/// <summary>A probes file that people wrote, and what an import makes of its text.</summary>
public class ProbesDocumentTextTests
{
    private static readonly ImportPolicy Policy = new("reg");
    private static readonly Listing A = new("com.example/a") { Url = "https://a.example.com/mcp" };
    private static readonly Listing B = new("com.example/b") { Url = "https://b.example.com/mcp" };

    private static string Import(string text, string source = "a.yaml", ImportPolicy? policy = null, params Listing[] listings)
    {
        var parsed = ProbesFile.Parse(source, text);
        Assert.Empty(parsed.Errors);
        var now = parsed.Value!.Endpoints;
        return ProbesDocumentText.Apply(text, source, now, new ImportPlanner(policy ?? Policy, now).Plan(listings));
    }

    private const string EntryOfA = """
          - id: com.example.a
            name: com.example/a
            url: https://a.example.com/mcp
            headers: { User-Agent: mcpprobe/0.1.0 }
            interval: 15m
            paused: true
            imported: { from: reg, name: com.example/a, paused: not activated }

        """;

    public static TheoryData<string, string> Beginnings => new()
    {
        { "", $"endpoints:\n{EntryOfA}" },
        { "# only words\n", $"# only words\n\nendpoints:\n{EntryOfA}" },
        { "timeZone: UTC # zone", $"timeZone: UTC # zone\n\nendpoints:\n{EntryOfA}" },
        { "endpoints: # mine\ntimeZone: UTC\n", $"endpoints: # mine\n{EntryOfA}timeZone: UTC\n" },
        { "endpoints: [] # none yet\ntimeZone: UTC\n", $"endpoints: # none yet\n{EntryOfA}timeZone: UTC\n" },
        {
            "# first\nendpoints:\n  # the shop\n  - id: mine # \"quoted\"\n    url: 'https://x/mcp'\n\n# the end\ntimeZone: UTC\n",
            $"# first\nendpoints:\n  # the shop\n  - id: mine # \"quoted\"\n    url: 'https://x/mcp'\n{EntryOfA}\n# the end\ntimeZone: UTC\n"
        },
        { "endpoints:\n- id: mine\n  url: https://x/mcp", $"endpoints:\n- id: mine\n  url: https://x/mcp\n{string.Join('\n', EntryOfA.Split('\n').Select(line => line.Length > 1 ? line[2..] : line))}" },
        { "endpoints:\n  -\n    id: mine\n    url: https://x/mcp\n", $"endpoints:\n  -\n    id: mine\n    url: https://x/mcp\n{EntryOfA}" },
        { "endpoints:\n  - { id: mine, url: 'https://x/mcp' }\n", $"endpoints:\n  - {{ id: mine, url: 'https://x/mcp' }}\n{EntryOfA}" },
        { "\uFEFFendpoints:\r\n  - id: mine\r\n    url: https://x/mcp\r\n", $"\uFEFFendpoints:\r\n  - id: mine\r\n    url: https://x/mcp\r\n{EntryOfA.Replace("\n", "\r\n", StringComparison.Ordinal)}" },
    };

    [Theory]
    [MemberData(nameof(Beginnings))]
    public void Added_ToAnyFile_LeavesItsLinesAsTheyAre(string before, string after) => Assert.Equal(after, Import(before, listings: A));

    [Fact]
    public void Changed_Entry_KeepsCommentsOrderAndWhatPeopleAdded()
    {
        const string before = """
            endpoints:
              - id: com.example.b
                url: https://b.example.com/mcp
                imported: { from: reg, name: com.example/b }
              # asked for by Ann
              - id: com.example.a # do not remove
                channels: [ops] # the shop's
                url: "https://old.example.com/mcp" # "moved" often
                paused: true   # until Ann says so

                imported:
                  from: reg
                  name: com.example/a
                  paused: not activated
                # a last word
              - id: mine
                url: https://mine.example.com/mcp
            channels:
              - { name: ops, type: webhook, url: https://hooks.example.com/x }
            """;
        const string after = """
            endpoints:
              - id: com.example.b
                url: https://b.example.com/mcp
                imported: { from: reg, name: com.example/b }
                name: com.example/b
              # asked for by Ann
              - id: com.example.a # do not remove
                channels: [ops] # the shop's
                url: https://a.example.com/mcp # "moved" often
                paused: false   # until Ann says so

                imported: { from: reg, name: com.example/a }
                name: com.example/a
                # a last word
              - id: mine
                url: https://mine.example.com/mcp
            channels:
              - { name: ops, type: webhook, url: https://hooks.example.com/x }
            """;

        var active = Policy with { Activate = true, Contact = "ops@example.com" };
        Assert.Equal(after + "\n", Import(before, policy: active, listings: [A, B]).TrimEnd('\n') + "\n");
        Assert.Equal(after, Import(after, policy: active, listings: [A, B]));
    }

    [Fact]
    public void Gone_Entry_IsPausedAndStays()
    {
        var before = Import("", listings: [A, B]);

        var after = Import(before, listings: B);

        Assert.Contains("imported: { from: reg, name: com.example/a, paused: not listed any more }", after, StringComparison.Ordinal);
        Assert.Equal(before.Split('\n').Length, after.Split('\n').Length);
    }

    [Theory]
    [InlineData("endpoints: [{ id: mine, url: 'https://x/mcp' }]", "are a list in brackets")]
    [InlineData("{ endpoints: [] }", "it is one mapping in braces")]
    [InlineData("defaults: { timeout: 20m, interval: 30m }\nendpoints:\n  - id: mine\n    url: https://x/mcp", "afterwards it would be wrong")]
    [InlineData("endpoints:\n  - id: mine\n    url: https://x/mcp\n    name: |\n      One\n      # two\n", "afterwards 'mine' would be another than is meant")]
    public void WrittenInAWayThatCannotBeChanged_IsRefused(string text, string said)
    {
        var failure = Assert.Throws<ImportFailedException>(() => Import(text, listings: A));

        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was written", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_KeepsWhatIsThere()
    {
        var text = Import("""{"$schema":"x","endpoints":[{"id":"mine","url":"https://x/mcp","group":"ü"}]}""", "a.json", listings: A);
        Assert.Contains("\"group\": \"ü\"", text, StringComparison.Ordinal);
        Assert.Contains("\"$schema\": \"x\"", text, StringComparison.Ordinal);
        Assert.Equal(["mine", "com.example.a"], ProbesFile.Parse("a.json", text).Value!.Endpoints.Select(each => each.Id));

        Assert.Equal(text, Import(text, "a.json", listings: A));
        var active = Import(text, "a.json", Policy with { Activate = true, Contact = "a@example.com" }, A);
        Assert.False(ProbesFile.Parse("a.json", active).Value!.Endpoints[1].Paused);
    }

    [Theory]
    [InlineData("plain name")]
    [InlineData("colon: in it")]
    [InlineData("# comment")]
    [InlineData("- dash")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("1.0")]
    [InlineData("2026-11-01")]
    [InlineData("0x10")]
    [InlineData("'single' \"double\" \\ back")]
    [InlineData("{ brace [ bracket & amp * star ! bang | pipe > gt % per @ at ` tick")]
    [InlineData("ends with space:")]
    [InlineData("üñïçödé 天気 😀")]
    [InlineData("no")]
    [InlineData("~")]
    public void AnyName_IsReadBackAsItIs(string name)
    {
        var text = Import("", listings: A with { Title = name });

        Assert.Equal(name, ProbesFile.Parse("a.yaml", text).Value!.Endpoints.Single().Name);
        // By another reader, too.
        var other = new YamlDotNet.Serialization.DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(text);
        Assert.Equal(name, ((Dictionary<object, object>)((List<object>)other["endpoints"])[0])["name"]);
    }

    [Theory]
    [InlineData("bearer: '${env:T}'", "bearer")]
    [InlineData("smoke: {}", "smoke")]
    [InlineData("headers: { X-Api-Key: '${env:T}' }", "headers.X-Api-Key")]
    [InlineData("oauth: { clientId: a, clientSecret: '${env:T}' }", "oauth")]
    [InlineData("connectTo: 10.0.0.1:80", "connectTo")]
    [InlineData("headers: { X-Team: a }", null)]
    [InlineData("interval: 1m", null)]
    public void Defaults_ThatWouldGoToStrangers_AreRefused(string defaults, string? found)
    {
        var mistake = StrangersDefaults.MistakeIn($"defaults:\n  {defaults}\nendpoints: []\n", "a.yaml");

        Assert.Equal(found is not null, mistake is not null);
        Assert.Contains(found ?? "", mistake ?? "", StringComparison.Ordinal);
    }
}
