using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using McpProbe.Drift.Specification;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using McpProbe.Web.Tokens;
using Microsoft.AspNetCore.Http;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Web.Tests;

/// <summary>
/// What McpProbe finds in the recorded catalogues of published servers: docs/published-servers.md is made of it
/// (<c>UPDATE_DOCS=1</c> writes it), and every finding in it was looked at.
/// </summary>
public class PublishedServersTests
{
    private const string Page = "docs/published-servers.md";

    [Fact]
    public async Task Page_IsWhatAProbeFinds()
    {
        var files = Directory.EnumerateFiles(Path.Combine(RealServers.Folder, "catalogues"), "*.json.gz").Order(StringComparer.Ordinal).ToList();
        Assert.InRange(files.Count, 40, 200);
        var current = new JsonObject();
        await using var stub = await StubServer.StartAsync(context => AnswerAsync(context, current));
        using var prober = new McpProber(new ProberOptions { Tokens = TokenCounter.Of }, TimeProvider.System);
        using var estimating = new McpProber(new ProberOptions(), TimeProvider.System);
        var gists = new List<ToolGists>();
        var (lines, errors, tools, tokens) = (new List<string>(), new List<double>(), 0, 0L);
        foreach (var file in files)
        {
            await using (var stream = new GZipStream(File.OpenRead(file), CompressionMode.Decompress))
                current = (await JsonNode.ParseAsync(stream, cancellationToken: TestContext.Current.CancellationToken))!.AsObject();

            var result = await prober.ProbeAsync(
                new Endpoint { Id = "recorded", Url = new Uri(stub.Url + "/mcp"), Timeout = TimeSpan.FromMinutes(1) }, TestContext.Current.CancellationToken);

            var catalog = result.Catalog!;
            gists.Add(NearDuplicates.GistsOf((string)current["package"]!, result.Snapshot!.Catalog.Canonical));
            var error = 100.0 * (estimating.CountTokens(result.Snapshot!.Catalog.Canonical) - catalog.Tokens!.Value) / catalog.Tokens.Value;
            errors.Add(Math.Abs(error));
            tools += catalog.Tools;
            tokens += catalog.Tokens.Value;
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"| {current["package"]} | {current["version"]} | {catalog.Tools} | {catalog.Tokens:N0} | {error:+0;−0;0} % | {Rules(result.Findings.Where(finding => !finding.IsInterop))} | {Rules(result.Specification ?? [])} |"));
        }

        errors.Sort();
        var pairs = PairsOf(gists);
        var text = string.Create(CultureInfo.InvariantCulture, $"""
            # Published servers

            What McpProbe finds in the catalogues of {files.Count} published servers, as `tests/servers/catalogues/record.mjs` recorded them: {tools:N0} tools, {tokens:N0} tokens (o200k_base).
            *Estimate* is how far `mcpprobe`'s estimate of the tokens is off: at most {errors[^1]:0} %, in the median {errors[errors.Count / 2]:0} %, for nine catalogues in ten at most {errors[errors.Count * 9 / 10]:0} %.
            *Text* is [suspicious text](findings.md), here soft findings alone; *Specification* is [specification.md](specification.md), with the number of tools that are told (at most 3 a rule).

            ```sh
            UPDATE_DOCS=1 dotnet run --project tests/McpProbe.Web.Tests -- -class '*PublishedServersTests'
            ```

            | Package | Version | Tools | Tokens | Estimate | Text | Specification |
            |---|---|---|---|---|---|---|
            {string.Join('\n', lines)}

            ## Near duplicates

            What [`choice-near-duplicate`](specification.md#beside-the-other-tools-of-its-group) tells, if all of them were one group: {pairs.Count} pairs.

            | Words of the name | Tools |
            |---|---|
            {string.Join('\n', pairs.GroupBy(pair => pair.Key).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
                $"| {group.Key} | {string.Join(", ", group.SelectMany(pair => new[] { pair.One, pair.Other }).Distinct().Order(StringComparer.Ordinal))} |"))}

            """);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            await File.WriteAllTextAsync(SourceTree.PathOf(Page), text, TestContext.Current.CancellationToken);

        Assert.Equal(text, await SourceTree.ReadAsync(Page));
        Assert.All(lines, line => Assert.DoesNotContain("choice-", line, StringComparison.Ordinal));
        // Looked at one by one: a change of the measure is to be looked at again.
        Assert.Equal(50, pairs.Count);
        // Tools of one server are its author's to keep apart, and say that the measure is not too wide.
        foreach (var catalog in gists)
        {
            var apart = catalog.Tools.Select((tool, i) => new ToolGists($"{i}", [tool])).ToList();
            var group = NearDuplicates.Index(apart);
            Assert.Empty(apart.SelectMany(tool => NearDuplicates.FindIn(tool, group)));
        }
    }

    /// <summary>Each pair of tools that are near duplicates of each other, as the catalogues of two servers beside each other tell it.</summary>
    private static List<(string Key, string One, string Other)> PairsOf(List<ToolGists> gists)
    {
        var pairs = new List<(string, string, string)>();
        for (var i = 0; i < gists.Count; i++)
        {
            for (var j = i + 1; j < gists.Count; j++)
            {
                var group = NearDuplicates.Index([gists[i], gists[j]]);
                var others = NearDuplicates.FindIn(gists[j], group).ToLookup(finding => KeyOf(gists[j], finding), finding => finding.Tool);
                foreach (var finding in NearDuplicates.FindIn(gists[i], group))
                {
                    var key = KeyOf(gists[i], finding);
                    pairs.Add((key, $"`{finding.Tool}` ({gists[i].Endpoint})", $"`{others[key].Single()}` ({gists[j].Endpoint})"));
                }
            }
        }

        return pairs;
    }

    private static string KeyOf(ToolGists gists, Finding finding) => gists.Tools.Single(tool => tool.Name == finding.Tool).Key;

    private static string Rules(IEnumerable<Finding> findings) => string.Join(", ", findings.GroupBy(finding => (finding.Rule, finding.Level))
        .Select(group => $"{(group.Key.Level is FindingLevel.Hard ? "**hard** " : "")}{group.Key.Rule}{(group.Count() > 1 ? $" × {group.Count()}" : "")}"));

    private static async Task AnswerAsync(HttpContext context, JsonObject server)
    {
        if (context.Request.Method != "POST")
        {
            context.Response.StatusCode = 405;
            return;
        }

        var request = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        if (request["id"] is not { } id)
        {
            context.Response.StatusCode = 202;
            return;
        }

        var take = server["takes"]![0]!;
        var pages = take["pages"]!.AsArray().Select(page => (string)page!).ToList();
        var at = (string?)request["params"]?["cursor"] is { } cursor ? pages.FindIndex(page => (string?)JsonNode.Parse(page)!["nextCursor"] == cursor) + 1 : 0;
        var result = (string?)request["method"] switch
        {
            "initialize" => $"\"result\":{(string)take["initialize"]!}",
            "tools/list" => $"\"result\":{pages[at]}",
            _ => "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}",
        };
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{id.ToJsonString()}},{{result}}}""", context.RequestAborted);
    }
}
