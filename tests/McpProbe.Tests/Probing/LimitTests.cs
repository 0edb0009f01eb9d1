using System.IO.Compression;
using System.Text;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using Microsoft.AspNetCore.Http;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing;

/// <summary>What a server may make the prober do.</summary>
public class LimitTests
{
    private static readonly ProbeLimits Limits = ProbeLimits.Default with { ResponseBytes = 256 * 1024, Tools = 50, Pages = 5 };

    private static async Task<ProbeResult> ProbeListAsync(Func<Call, Answer?> list, TimeSpan? timeout = null)
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list" ? list(call) : Stateless(call));
        var prober = new McpProber(new ProberOptions { Limits = Limits }, TimeProvider.System);
        return await prober.ProbeAsync(
            stub.Endpoint() with { Timeout = timeout ?? TimeSpan.FromSeconds(30) }, TestContext.Current.CancellationToken);
    }

    private static async Task EndlesslyAsync(HttpContext context, Stream body, string text)
    {
        var chunk = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text, 8192 / text.Length)));
        try
        {
            while (!context.RequestAborted.IsCancellationRequested)
                await body.WriteAsync(chunk, context.RequestAborted);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            // The prober hung up, as it should.
        }
    }

    [Theory]
    [InlineData("application/json", " ")]
    [InlineData("application/json", "[")]
    [InlineData("text/event-stream", "x")]
    [InlineData("text/event-stream", "data: x\n")]
    [InlineData("text/event-stream", ": comment\n\n")]
    [InlineData("text/event-stream", "data: {\"method\":\"notifications/message\"}\n\n")]
    [InlineData("text/html", "<p>")]
    public async Task Probe_EndlessAnswer_IsCutOffAtTheLimit(string type, string text)
    {
        var result = await ProbeListAsync(_ => new Answer(200, type) { Stream = context => EndlesslyAsync(context, context.Response.Body, text) });

        Assert.Equal((FailureKind.TooLarge, Phase.Catalog), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.InRange(result.Timings.TotalMs, 0, 10_000);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task Probe_CompressedBomb_IsMeasuredAfterDecompression(string encoding)
    {
        var result = await ProbeListAsync(_ => new Answer(200, "application/json")
        {
            Headers = [("Content-Encoding", encoding)],
            Stream = async context =>
            {
                await using Stream compressed = encoding switch
                {
                    "gzip" => new GZipStream(context.Response.Body, CompressionLevel.Fastest),
                    "br" => new BrotliStream(context.Response.Body, CompressionLevel.Fastest),
                    _ => new ZLibStream(context.Response.Body, CompressionLevel.Fastest),
                };
                await EndlesslyAsync(context, compressed, " ");
            },
        });

        Assert.Equal(FailureKind.TooLarge, result.Failure?.Kind);
    }

    [Fact]
    public async Task Probe_CompressedAnswerWithinTheLimit_IsRead()
    {
        var result = await ProbeListAsync(call => new Answer(200, "application/json")
        {
            Headers = [("Content-Encoding", "br")],
            Stream = async context =>
            {
                await using var compressed = new BrotliStream(context.Response.Body, CompressionLevel.Fastest);
                await compressed.WriteAsync(Encoding.UTF8.GetBytes($$$"""{"jsonrpc":"2.0","id":{{{call.Id}}},"result":{"tools":[{{{Tool}}}]}}"""));
            },
        });

        Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public async Task Probe_AnswerThatDripsForever_EndsAtTheDeadline(string type)
    {
        var result = await ProbeListAsync(_ => new Answer(200, type)
        {
            Stream = async context =>
            {
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.WriteAsync(":\n\n");
                    await context.Response.Body.FlushAsync();
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            },
        }, TimeSpan.FromSeconds(1));

        Assert.Equal((FailureKind.Timeout, Phase.Catalog), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.InRange(result.Timings.TotalMs, 900, 3000);
    }

    [Fact]
    public async Task Probe_JsonDeeperThanTheLimit_IsBadJson()
    {
        var deep = new string('[', 300) + new string(']', 300);

        var result = await ProbeListAsync(_ => Answer.Result($$"""{"tools":[],"x":{{deep}}}"""));

        Assert.Equal(FailureKind.BadJson, result.Failure?.Kind);
    }

    [Fact]
    public async Task Probe_AllPages_AreReadAndCursorsPassedBackVerbatim()
    {
        string[] cursors = ["\"\"", "\"a\\u0062 \\/\\\"ü\"", "\"last\""];
        var asked = new List<string?>();

        var result = await ProbeListAsync(call =>
        {
            asked.Add(call.Cursor);
            var page = asked.Count;
            var next = page <= cursors.Length ? ",\"nextCursor\":" + cursors[page - 1] : "";
            return Answer.Result($$$"""{"tools":[{"name":"tool-{{{page}}}","inputSchema":{"type":"object"}}]{{{next}}}}""");
        });

        Assert.Null(result.Failure);
        Assert.Equal((4, 4), (result.Catalog!.Tools, result.Catalog.Pages));
        Assert.Equal([null, .. cursors], asked);
    }

    [Fact]
    public async Task Probe_RepeatedCursor_IsTooManyPages()
    {
        var asked = 0;

        var result = await ProbeListAsync(_ => Answer.Result($$"""{"tools":[],"nextCursor":"{{++asked % 2}}"}"""));

        Assert.Equal((FailureKind.TooManyPages, 3), (result.Failure?.Kind, asked));
    }

    [Fact]
    public async Task Probe_MorePagesThanTheLimit_IsTooManyPages()
    {
        var asked = 0;

        var result = await ProbeListAsync(_ => Answer.Result($$"""{"tools":[],"nextCursor":"{{++asked}}"}"""));

        Assert.Equal((FailureKind.TooManyPages, Limits.Pages), (result.Failure?.Kind, asked));
    }

    [Fact]
    public async Task Probe_MoreToolsThanTheLimit_IsTooLarge()
    {
        var tools = string.Join(',', Enumerable.Range(0, Limits.Tools + 1).Select(i => $$$"""{"name":"t{{{i}}}","inputSchema":{"type":"object"}}"""));

        var result = await ProbeListAsync(_ => Answer.Result($$"""{"tools":[{{tools}}]}"""));

        Assert.Equal(FailureKind.TooLarge, result.Failure?.Kind);
    }

    [Fact]
    public async Task Probe_PagesThatTogetherExceedTheLimit_AreTooLarge()
    {
        var asked = 0;
        var padding = new string('x', Limits.ResponseBytes / 3);

        var result = await ProbeListAsync(_ => Answer.Result($$"""{"tools":[],"padding":"{{padding}}","nextCursor":"{{++asked}}"}"""));

        Assert.Equal((FailureKind.TooLarge, 3), (result.Failure?.Kind, asked));
    }
}
