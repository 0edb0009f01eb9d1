using McpProbe.Server.Health;
using McpProbe.Server.Tests.EndToEnd;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.Health;

public sealed class HealthQuestionTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://0.0.0.0:80", "http://127.0.0.1/")]
    [InlineData("http://*:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://+:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://[::]:8080", "http://[::1]:8080/")]
    [InlineData("https://status.example.com:8443", "https://status.example.com:8443/")]
    public void Reachable_OfWhatIsListenedOn_IsAnAddressOfThisMachine(string listens, string asked) =>
        Assert.Equal(asked, HealthQuestion.Reachable(listens).ToString());

    [Fact]
    public async Task Health_OfARunningServer_IsSaidAndExitsWithZero()
    {
        await using var server = await ServerProcess.ListenAsync(new Dictionary<string, string>(), "--data", _data.Path);

        Assert.Equal((0, "ok", ""), await AskAsync(server.Page.ToString().TrimEnd('/')));
    }

    [Fact]
    public async Task Health_OfAServerWhoseFileIsWrong_IsTheReasonAndExitsWithOne()
    {
        var file = Path.Combine(_data.Path, "probes.yaml");
        await File.WriteAllTextAsync(file, "endpoints: [{ id: one, url: http://127.0.0.1:1/mcp }]", TestContext.Current.CancellationToken);
        await using var server = await ServerProcess.ListenAsync(new Dictionary<string, string>(), "--data", Path.Combine(_data.Path, "data"), "--probes", file);
        await File.WriteAllTextAsync(file, "endpoints: [{ id: one, url: soon }]", TestContext.Current.CancellationToken);
        await server.SaysAsync("was not applied", TimeSpan.FromSeconds(30));

        var (exitCode, output, errors) = await AskAsync(server.Page.ToString().TrimEnd('/'));
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("/api/health answers 503: probes file not applied", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_OfNobody_SaysSoAndExitsWithFour()
    {
        var (exitCode, output, errors) = await AskAsync("http://127.0.0.1:1");

        Assert.Equal((4, ""), (exitCode, output));
        Assert.StartsWith("http://127.0.0.1:1/api/health does not answer: ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static async Task<(int, string, string)> AskAsync(string url)
    {
        await using var asked = ServerProcess.Start(new Dictionary<string, string>(), "--health", "--urls", url);
        var exitCode = await asked.ExitAsync();
        return (exitCode, string.Join('\n', asked.Output), string.Join('\n', asked.Errors));
    }
}
