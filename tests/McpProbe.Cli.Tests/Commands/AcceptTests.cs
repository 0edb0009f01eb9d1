using System.Text.Json.Nodes;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Cli.Tests.Commands;

/// <summary>Accepting a baseline as a person types it; the API's own side of it is in McpProbe.Web.Tests.</summary>
public class AcceptTests
{
    private const string Key = "k-5f0c1f4a";
    private const string Baseline = """{"hash":"sha256:0123","at":"2026-11-22T22:10:00Z","acceptedBy":"Ann Lee"}""";

    private static readonly Dictionary<string, string> Environment = new() { ["MCPPROBE_API_KEY"] = Key, ["BAD_KEY"] = "two words" };

    [Theory]
    [InlineData("", "/api/endpoints/search/baseline")]
    [InlineData("/", "/api/endpoints/search/baseline")]
    [InlineData("/monitor", "/monitor/api/endpoints/search/baseline")]
    public async Task Accept_Accepted_SaysWhatAndWhen(string prefix, string path)
    {
        await using var monitor = await Monitor.StartAsync(200, Baseline);

        var run = await RunAsync("search", "--server", monitor.Url + prefix, "--by", "Ann Lee", "--hash", "sha256:0123", "--api-key-env", "MCPPROBE_API_KEY");

        Assert.Equal(new CliRun(0, "sha256:0123 is the baseline of search now, accepted by Ann Lee at 2026-11-22T22:10:00Z.\n", ""), run);
        Assert.Equal(("POST", path, $"Bearer {Key}", "application/json"), (monitor.Method, monitor.Path, monitor.Authorization, monitor.ContentType));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"by":"Ann Lee","hash":"sha256:0123"}"""), JsonNode.Parse(monitor.Body)), monitor.Body);
    }

    [Fact]
    public async Task Accept_NoKeyNamed_SendsNoneAndNoHash()
    {
        await using var monitor = await Monitor.StartAsync(200, Baseline);

        var run = await RunAsync("search", "--server", monitor.Url, "--by", "Ann Lee");

        Assert.Equal((0, ""), (run.ExitCode, monitor.Authorization));
        Assert.Equal("""{"by":"Ann Lee"}""", monitor.Body);
    }

    [Theory]
    [InlineData(409, """{"detail":"The endpoint's driftPolicy is 'freeze'."}""", 1, "answered 409: The endpoint's driftPolicy is 'freeze'.")]
    [InlineData(404, """{"detail":"There is no endpoint 'search' here."}""", 1, "answered 404: There is no endpoint 'search' here.")]
    [InlineData(400, """{"detail":"Not valid.","errors":[{"path":"by","message":"Say who."},{"path":"hash","message":"Too long."}]}""", 1, "answered 400: Not valid.", "by: Say who.", "hash: Too long.")]
    [InlineData(404, "<h1>nothing here</h1>", 1, "answered 404 without saying why; check that --server is McpProbe's own address.")]
    [InlineData(400, "[1]", 1, "answered 400 without saying why")]
    [InlineData(400, """{"detail":7}""", 1, "answered 400 without saying why")]
    [InlineData(401, """{"detail":"Send the API key."}""", 3, "answered 401: Send the API key.", "check that it is the key of this McpProbe")]
    [InlineData(403, """{"detail":"Host is no loopback name."}""", 3, "answered 403: Host is no loopback name.")]
    [InlineData(503, """{"detail":"The store is away."}""", 4, "answered 503: The store is away.", "is not known")]
    [InlineData(429, "", 4, "answered 429", "is not known")]
    [InlineData(200, "<h1>welcome</h1>", 1, "answered 200, but not as McpProbe does")]
    [InlineData(200, "{}", 1, "answered 200, but not as McpProbe does")]
    [InlineData(204, "", 1, "answered 204 without saying why")]
    [InlineData(409, """{"detail":"\u001b[2JYou sent k-5f0c1f4a.\nGo on."}""", 1, "answered 409: [2JYou sent ***. Go on.")]
    public async Task Accept_AnythingElse_SaysWhyAndExitsWithItsCode(int status, string body, int exitCode, params string[] said)
    {
        await using var monitor = await Monitor.StartAsync(status, body);

        var run = await RunAsync("search", "--server", monitor.Url, "--by", "Ann", "--api-key-env", "MCPPROBE_API_KEY");

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Output));
        Assert.All(said, words => Assert.Contains(words, run.Errors, StringComparison.Ordinal));
        Assert.All(run.Errors.TrimEnd('\n').Split('\n'), line => Assert.StartsWith("mcpprobe accept: ", line, StringComparison.Ordinal));
        Assert.DoesNotContain(Key, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accept_KeyNeededAndNoneNamed_SaysHowToNameIt()
    {
        await using var monitor = await Monitor.StartAsync(401, """{"detail":"Send the API key."}""");

        var run = await RunAsync("search", "--server", monitor.Url, "--by", "Ann");

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("--api-key-env", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accept_Redirect_IsNotFollowed()
    {
        await using var other = await Monitor.StartAsync(200, Baseline);
        await using var monitor = await Monitor.StartAsync(308, "", other.Url + "/api/endpoints/search/baseline");

        var run = await RunAsync("search", "--server", monitor.Url, "--by", "Ann", "--api-key-env", "MCPPROBE_API_KEY");

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains($"a redirect to {other.Url}", run.Errors, StringComparison.Ordinal);
        Assert.Equal("", other.Method);
    }

    [Fact]
    public async Task Accept_NobodyListens_IsUnreachable()
    {
        var run = await RunAsync("search", "--server", $"http://127.0.0.1:{RealServer.FreePort()}", "--by", "Ann");

        Assert.Equal((4, ""), (run.ExitCode, run.Output));
        Assert.Contains("cannot be reached", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accept_Interrupted_SaysThatTheOutcomeIsNotKnown()
    {
        var asked = new TaskCompletionSource();
        await using var monitor = await StubServer.StartAsync(async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var process = CliProcess.Start("accept", "search", "--server", monitor.Url, "--by", "Ann");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, TestContext.Current.CancellationToken);

        process.Signal(PosixSignalNumber.Interrupt);

        var run = await process.EndAsync();
        Assert.Equal(130, run.ExitCode);
        Assert.Contains("interrupted. Whether the catalogue was accepted is not known", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("search", "Option '--server' is required.", "Option '--by' is required.")]
    [InlineData("../../x --server ftp://a/ --by Ann", "ENDPOINT: '../../x' is not an id", "--server: it is not an absolute http or https URL")]
    [InlineData("search --server http://u:pw@a/ --by Ann --api-key-env NO_SUCH_KEY", "--server: ", "--api-key-env: the environment variable NO_SUCH_KEY is not set")]
    [InlineData("search --server http://a/?x --by Ann --api-key-env BAD_KEY", "--server: ", "--api-key-env: the value of BAD_KEY holds white space")]
    [InlineData("search --server http://a/ --by Ann --force", "--force")]
    public async Task Accept_BadOptions_AreAllNamed(string arguments, params string[] mistakes)
    {
        var run = await RunAsync(arguments.Split(' '));

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.All(mistakes, mistake => Assert.Contains(mistake, run.Errors, StringComparison.Ordinal));
        Assert.DoesNotContain("pw", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("two words", run.Errors, StringComparison.Ordinal);
    }

    private static async Task<CliRun> RunAsync(params string[] arguments)
    {
        using var process = CliProcess.Start(Environment, ["accept", .. arguments]);
        return await process.EndAsync();
    }

    /// <summary>Answers everything alike and keeps what it was asked last.</summary>
    private sealed class Monitor : IAsyncDisposable
    {
        private StubServer? _server;

        public string Url => _server!.Url;

        public string Method { get; private set; } = "";

        public string Path { get; private set; } = "";

        public string Authorization { get; private set; } = "";

        public string ContentType { get; private set; } = "";

        public string Body { get; private set; } = "";

        public static async Task<Monitor> StartAsync(int status, string body, string? location = null)
        {
            var monitor = new Monitor();
            monitor._server = await StubServer.StartAsync(async context =>
            {
                var request = context.Request;
                using var reader = new StreamReader(request.Body);
                (monitor.Method, monitor.Path, monitor.Authorization, monitor.ContentType, monitor.Body) = (
                    request.Method, request.Path, request.Headers.Authorization.ToString(), request.ContentType ?? "",
                    await reader.ReadToEndAsync(context.RequestAborted));
                context.Response.StatusCode = status;
                if (location is not null)
                    context.Response.Headers.Location = location;
                if (body.Length > 0)
                    await context.Response.WriteAsync(body, context.RequestAborted);
            });
            return monitor;
        }

        public ValueTask DisposeAsync() => _server!.DisposeAsync();
    }
}
