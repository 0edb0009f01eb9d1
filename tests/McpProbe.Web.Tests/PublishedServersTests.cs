using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using McpProbe.Catalog;
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
        var (lines, errors, tools, tokens) = (new List<string>(), new List<double>(), 0, 0L);
        foreach (var file in files)
        {
            await using (var stream = new GZipStream(File.OpenRead(file), CompressionMode.Decompress))
                current = (await JsonNode.ParseAsync(stream, cancellationToken: TestContext.Current.CancellationToken))!.AsObject();

            var result = await prober.ProbeAsync(
                new Endpoint { Id = "recorded", Url = new Uri(stub.Url + "/mcp"), Timeout = TimeSpan.FromMinutes(1) }, TestContext.Current.CancellationToken);

            var catalog = result.Catalog!;
            var error = 100.0 * (estimating.CountTokens(result.Snapshot!.Catalog.Canonical) - catalog.Tokens!.Value) / catalog.Tokens.Value;
            errors.Add(Math.Abs(error));
            tools += catalog.Tools;
            tokens += catalog.Tokens.Value;
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"| {current["package"]} | {current["version"]} | {catalog.Tools} | {catalog.Tokens:N0} | {error:+0;−0;0} % | {Rules(result.Findings.Where(finding => !finding.IsInterop))} | {Rules(result.Specification ?? [])} |"));
        }

        errors.Sort();
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

            """);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            await File.WriteAllTextAsync(SourceTree.PathOf(Page), text, TestContext.Current.CancellationToken);

        Assert.Equal(text, await SourceTree.ReadAsync(Page));
        Assert.DoesNotContain("choice-", text, StringComparison.Ordinal);
    }

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
