using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProbe.Catalog;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Probing.Tools;

/// <summary>
/// What published MCP servers list, as tests/servers/catalogues/record.mjs recorded it from them: probed and read by the official
/// TypeScript client over the same wire.
/// </summary>
public class RecordedCatalogTests
{
    private const int Fewest = 40;

    // Looked at by a person; each with its reason.
    private static readonly Dictionary<string, string[]> KnownHardFindings = [];

    /// <summary>Catalogues that really are not the same at every start, and where.</summary>
    private static readonly Dictionary<string, string[]> KnownUnstable = new()
    {
        // The defaults of its date ranges are the moment at which it was started.
        ["@currents/mcp"] = [
            "currents-get-spec-files-performance /inputSchema/properties/from/default",
            "currents-get-spec-files-performance /inputSchema/properties/to/default",
        ],
    };

    /// <summary>Where they leave the specification, each looked at by a person: a rule, and how many of their tools break it (at most 3 are told).</summary>
    private static readonly Dictionary<string, string[]> KnownSpecification = new()
    {
        // Schemas made of $ref alone, without a type: strict clients throw the whole list away.
        ["@modelcontextprotocol/server-gitlab"] = [
            "spec-input-schema create_branch /inputSchema", "spec-input-schema create_issue /inputSchema", "spec-input-schema create_merge_request /inputSchema",
        ],
    };

    [Fact]
    public async Task ProbeAsync_PublishedServers_AreWhatTheOfficialClientSees()
    {
        var recorded = Directory.EnumerateFiles(Path.Combine(RealServers.Folder, "catalogues"), "*.json.gz").Order(StringComparer.Ordinal).Select(Read).ToList();
        Assert.True(recorded.Count >= Fewest, $"{recorded.Count} are recorded; run tests/servers/catalogues/record.mjs");
        await using var stub = await StubServer.StartAsync(context => AnswerAsync(context, recorded));
        await using var client = new TypeScriptClient();
        using var prober = new McpProber(new ProberOptions(), TimeProvider.System);
        var wrong = new List<string>();
        var seen = (Findings: new SortedDictionary<string, string[]>(StringComparer.Ordinal), Unstable: new SortedDictionary<string, string[]>(StringComparer.Ordinal), Specification: new SortedDictionary<string, string[]>(StringComparer.Ordinal));
        for (var i = 0; i < recorded.Count; i++)
        {
            var name = $"{recorded[i].Package}@{recorded[i].Version}";

            var (first, second) = (await ProbeAsync(i, 0), await ProbeAsync(i, 1));
            var (tools, error) = await client.ListAsync($"{stub.Url}/{i}/0", TestContext.Current.CancellationToken);

            var condition = first.Conditions.Single(condition => condition.Name == "tools-usable");
            if (tools is null ? first.Verdict is not (Verdict.Degraded or Verdict.Down) || condition.Passed : first.Verdict is not Verdict.Healthy)
                wrong.Add($"{name}: the client says {error ?? "nothing"}, the probe is {first.Verdict}: {first.Failure?.Message}");
            if (tools is not null && !tools.Order(StringComparer.Ordinal).SequenceEqual(first.Snapshot!.Catalog.ToolNames))
                wrong.Add($"{name}: the client lists {tools.Count} tools, the probe {first.Catalog!.Tools}");
            if (first.Catalog is null || second.Catalog is null)
                continue;
            if (UnstablePlaces.Between([first.Snapshot!.Catalog, second.Snapshot!.Catalog]) is { Count: > 0 } places)
                seen.Unstable[recorded[i].Package] = [.. places.Select(place => place.ToString())];
            if (first.Findings.Where(finding => finding.Level is FindingLevel.Hard).Select(finding => $"{finding.Rule} {finding.Tool} {finding.Path}: {finding.Message}").ToArray() is { Length: > 0 } hard)
                seen.Findings[recorded[i].Package] = hard;
            if (first.Specification is { } specification)
                seen.Specification[recorded[i].Package] = [.. specification.Select(finding => $"{finding.Rule} {finding.Tool} {finding.Path}")];
            // What is left without its unstable places is the same.
            Assert.Equal(
                UnstablePlaces.LeaveOut(first.Snapshot, UnstablePlaces.Between([first.Snapshot.Catalog, second.Snapshot.Catalog])).Catalog.Hashes,
                UnstablePlaces.LeaveOut(second.Snapshot, UnstablePlaces.Between([first.Snapshot.Catalog, second.Snapshot.Catalog])).Catalog.Hashes);
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(Lines(KnownUnstable), Lines(seen.Unstable));
        Assert.Equal(Lines(KnownHardFindings), Lines(seen.Findings));
        Assert.Equal(Lines(KnownSpecification), Lines(seen.Specification));

        Task<ProbeResult> ProbeAsync(int server, int take) => prober.ProbeAsync(
            new Endpoint { Id = "recorded", Url = new Uri($"{stub.Url}/{server}/{take}"), Timeout = TimeSpan.FromMinutes(1) }, TestContext.Current.CancellationToken);
    }

    // A few of them live, from the same lock file: the whole way, not only the catalogue.
    [Theory]
    [InlineData("everything")]
    [InlineData("map")]
    [InlineData("context7")]
    [InlineData("mcp-proxy")]
    [InlineData("playwright")]
    public async Task ProbeAsync_LiveServers_AreWhatTheOfficialClientSees(string name)
    {
        await using var server = await RealServers.StartAsync(name);
        await using var client = new TypeScriptClient();
        using var prober = new McpProber(new ProberOptions(), TimeProvider.System);
        var endpoint = new Endpoint { Id = name, Url = server.Url, Timeout = TimeSpan.FromMinutes(1) };

        var first = await prober.ProbeAsync(endpoint, TestContext.Current.CancellationToken);
        var second = await prober.ProbeAsync(endpoint, TestContext.Current.CancellationToken);
        var (tools, error) = await client.ListAsync(server.Url.AbsoluteUri, TestContext.Current.CancellationToken);

        Assert.Null(error);
        Assert.True(first.Verdict is Verdict.Healthy, $"{first.Failure}");
        Assert.Equal(tools!.Order(StringComparer.Ordinal), first.Snapshot!.Catalog.ToolNames);
        Assert.Equal(first.Catalog, second.Catalog);
    }

    private static string Lines(IEnumerable<KeyValuePair<string, string[]>> found) => string.Join('\n', found.SelectMany(each => each.Value.Select(line => $"{each.Key} {line}")));

    private static Recorded Read(string file)
    {
        using var stream = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<Recorded>(stream, JsonSerializerOptions.Web)!;
    }

    /// <summary>The path is the number of the server and of the take; a take that is not recorded was the same as the first.</summary>
    private static async Task AnswerAsync(HttpContext context, List<Recorded> recorded)
    {
        if (context.Request.Method != "POST")
        {
            context.Response.StatusCode = 405;
            return;
        }

        var path = context.Request.Path.Value!.Split('/');
        var server = recorded[int.Parse(path[1], CultureInfo.InvariantCulture)];
        var take = server.Takes[Math.Min(int.Parse(path[2], CultureInfo.InvariantCulture), server.Takes.Count - 1)];
        var request = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        var page = take.Pages.Select((raw, i) => (Raw: raw, After: i == 0 ? null : (string?)JsonNode.Parse(take.Pages[i - 1])!["nextCursor"]))
            .FirstOrDefault(page => page.After == (string?)request["params"]?["cursor"]).Raw;
        var result = (string?)request["method"] switch
        {
            "initialize" => $"\"result\":{take.Initialize}",
            "tools/list" => $"\"result\":{page}",
            _ => "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}",
        };
        if (request["id"] is not { } id)
        {
            context.Response.StatusCode = 202;
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{id.ToJsonString()}},{{result}}}""", context.RequestAborted);
    }

    /// <param name="Takes">Of starts in a row.</param>
    private sealed record Recorded(string Package, string Version, IReadOnlyList<Take> Takes);

    /// <summary>Results as they came, as text.</summary>
    private sealed record Take(string Initialize, IReadOnlyList<string> Pages);
}
