using System.Text.Json;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Probing;

/// <summary>A URL with secrets in it is sent as it is, and shows nowhere, whatever the server says back.</summary>
public class UrlSecretTests
{
    private const string Secret = "s3cr3t value/with?odd&characters";
    private const string Literal = "literal-api-key-4711";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(404, "")]
    [InlineData(302, "/elsewhere/{path}?{query}")]
    [InlineData(302, "https://other.example/{path}?{query}")]
    [InlineData(302, "https://other.example/p/{raw}/mcp")]
    [InlineData(403, "{raw}")]
    [InlineData(403, "{query}")]
    [InlineData(200, "{path} {query} {raw}")]
    [InlineData(500, "{path}")]
    public async Task Probe_ServerThatRepeatsItsUrl_SeesTheSecretAndNobodyElseDoes(int status, string says)
    {
        string? asked = null;
        await using var server = await StubServer.StartAsync(async context =>
        {
            asked ??= context.Features.Get<IHttpRequestFeature>()!.RawTarget;
            var target = asked.Split('?');
            var words = says.Replace("{path}", target[0].TrimStart('/'), StringComparison.Ordinal).Replace("{query}", target[1], StringComparison.Ordinal)
                .Replace("{raw}", Secret, StringComparison.Ordinal);
            context.Response.StatusCode = status;
            if (status == 302)
                context.Response.Headers.Location = words.Replace(" ", "%20", StringComparison.Ordinal);
            else
                await context.Response.WriteAsync(words, context.RequestAborted);
        });
        var endpoint = new Endpoint
        {
            Id = "a",
            Url = new Uri($"{server.Url}/s/${{env:PATH_KEY}}/mcp?key=${{env:QUERY_KEY}}&plain={Literal}"),
        };

        var result = await Prober().ProbeConfirmedAsync(endpoint, null, Token);

        Assert.Equal($"/s/{Uri.EscapeDataString(Secret)}/mcp?key={Uri.EscapeDataString(Secret)}&plain={Literal}", asked);
        Assert.Equal($"{server.Url}/s/***/mcp?***", result.Target);
        AssertShowsNothing(result);
    }

    [Fact]
    public async Task Probe_ToolsThatRepeatTheUrl_AreShownWithoutTheSecret()
    {
        await using var server = await StubMcp.StartAsync(call => call.ToString() == "POST tools/list"
            ? StubMcp.Answer.Result($$$"""{"tools":[{"name":"echo","description":"see {{{Uri.EscapeDataString(Secret)}}} or {{{Secret}}}","inputSchema":{"type":"object"}}]}""")
            : StubMcp.Handshake(call));
        var result = await Prober().ProbeAsync(new Endpoint { Id = "a", Url = new Uri($"{server.Url}/mcp?key=${{env:QUERY_KEY}}") }, Token);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        AssertShowsNothing(result);
        Assert.Contains("see *** or ***", System.Text.Encoding.UTF8.GetString(result.Snapshot!.Catalog.Canonical.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_UnsetVariable_IsConfigAndNothingIsSent()
    {
        var asked = 0;
        await using var server = await StubServer.StartAsync(context =>
        {
            asked++;
            return Task.CompletedTask;
        });

        var result = await Prober().ProbeAsync(new Endpoint { Id = "a", Url = new Uri($"{server.Url}/mcp?key=${{env:OTHER}}") }, Token);

        Assert.Equal((FailureKind.Config, Verdict.Unknown, 0), (result.Failure?.Kind, result.Verdict, asked));
        Assert.StartsWith("The URL needs the environment variable OTHER, which is not set", result.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_HiddenUrl_ShowsItsHostAloneInMessages()
    {
        await using var server = await StubServer.StartAsync(context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = "/hidden/place/";
            return Task.CompletedTask;
        });
        var origin = server.Url;

        var result = await Prober().ProbeAsync(new Endpoint { Id = "a", Url = new Uri(origin + "/hidden/place"), HideUrl = true }, Token);

        Assert.Equal(FailureKind.Redirect, result.Failure?.Kind);
        Assert.Contains($"redirects to {origin};", result.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_DefinitionThatIsRefused_IsConfigBeforeAnythingIsResolvedOrStarted()
    {
        var asked = new List<string>();
        var prober = new McpProber(
            new ProberOptions
            {
                Refusal = endpoint => endpoint.FromApi ? "The definition is not allowed." : null,
                Secrets = name =>
                {
                    asked.Add(name);
                    return Secret;
                },
            },
            TimeProvider.System);

        var url = await prober.ProbeAsync(new Endpoint { Id = "a", Url = new Uri("http://127.0.0.1:1/?key=${env:A}"), FromApi = true }, Token);
        var command = await prober.ProbeAsync(new Endpoint { Id = "a", Command = ["no-such-program"], FromApi = true }, Token);

        foreach (var result in new[] { url, command })
            Assert.Equal((FailureKind.Config, Verdict.Unknown, "The definition is not allowed."), (result.Failure?.Kind, result.Verdict, result.Failure?.Message));
        Assert.Empty(asked);
    }

    private static McpProber Prober() => new(
        new ProberOptions { Secrets = name => name is "PATH_KEY" or "QUERY_KEY" ? Secret : null }, TimeProvider.System);

    private static void AssertShowsNothing(ProbeResult result)
    {
        var shown = JsonSerializer.Serialize(result, EngineJson.Default.ProbeResult) + string.Join('\n', result.Log) + result.Failure?.Message
            + (result.Snapshot is { } snapshot ? System.Text.Encoding.UTF8.GetString(snapshot.Catalog.Canonical.Span) : "");
        foreach (var secret in new[] { Secret, Uri.EscapeDataString(Secret), Literal })
            Assert.DoesNotContain(secret, shown, StringComparison.OrdinalIgnoreCase);
    }
}
