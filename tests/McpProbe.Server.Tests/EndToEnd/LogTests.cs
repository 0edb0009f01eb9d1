using System.Text.Json;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

public sealed class LogTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    /// <summary>Whoever collects it need not know two formats: the greeting is such a line too.</summary>
    [Fact]
    public async Task Json_EveryLine_IsAnObjectWithTimeLevelAndMessage()
    {
        await using var server = ServerProcess.Start(NoEnvironment, "--data", _data.Path, "--demo", "--demo-speed", "5", "--urls", "http://127.0.0.1:0", "--log-format", "json", "--log-level", "debug");
        await server.SaysAsync("The page: http", TimeSpan.FromSeconds(60));
        await server.SaysAsync("was worked: Recorded", TimeSpan.FromSeconds(60));

        var lines = server.Output.Where(line => !line.StartsWith("demo", StringComparison.Ordinal)).ToList();
        foreach (var line in lines.Concat(server.Errors))
        {
            var entry = JsonElement.Parse(line);
            Assert.Contains(entry.GetProperty("LogLevel").GetString(), (string[])["Debug", "Information", "Warning", "Error"]);
            Assert.True(DateTimeOffset.TryParse(entry.GetProperty("Timestamp").GetString(), null, out _), line);
            Assert.NotEqual("", entry.GetProperty("Message").GetString());
        }
    }

    [Theory]
    [InlineData("debug", true, true)]
    [InlineData("info", false, true)]
    [InlineData("warning", false, false)]
    public async Task Level_IsTheLeastThatIsWritten(string level, bool probes, bool applied)
    {
        await using var server = await ServerProcess.ListenAsync(NoEnvironment, "--data", _data.Path, "--demo", "--demo-speed", "5", "--log-level", level);
        // By then the first probes are done.
        await Eventually.TrueAsync(
            async () => (await server.GetAsync("/api/status")).ToString().Contains("\"healthy\"", StringComparison.Ordinal), "something is healthy", TimeSpan.FromSeconds(60));
        using var prober = new McpProber(new ProberOptions(), TimeProvider.System);
        var asked = await prober.ProbeAsync(new Endpoint { Id = "own", Url = new Uri(server.Page, "/mcp") }, TestContext.Current.CancellationToken);
        Assert.Equal(Verdict.Healthy, asked.Verdict);
        if (probes)
        {
            await server.SaysAsync("was worked: Recorded");
            await server.SaysAsync("method 'tools/list' request handler called");
        }

        Assert.Equal(applied, server.Everything.Contains("--demo was applied", StringComparison.Ordinal));
        Assert.Equal(probes, server.Everything.Contains("was worked: ", StringComparison.Ordinal));
        Assert.Equal(probes, server.Everything.Contains("request handler called", StringComparison.Ordinal));
    }
}
