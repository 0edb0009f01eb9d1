using McpProbe.Monitoring;

namespace McpProbe.Server.Tests;

public class ServerCommandTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", false, null)]
    [InlineData("http://127.9.9.9:0", false, null)]
    [InlineData("http://[::1]:8080", false, null)]
    [InlineData("http://localhost:8080", false, null)]
    [InlineData("https://localhost:8443", false, null)]
    [InlineData("http://0.0.0.0:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://[::]:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://*:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://+:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://example.com:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://localhost.example.com:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://192.168.1.1:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://0.0.0.0:8080", true, null)]
    [InlineData("http://*:8080", true, null)]
    [InlineData("ftp://127.0.0.1:8080", true, "http://")]
    [InlineData("http://127.0.0.1:8080/path", true, "without a path")]
    [InlineData("http://unix:/tmp/socket", true, "http://")]
    [InlineData("127.0.0.1:8080", true, "not an address")]
    public void UrlMistake_OfAnAddress_KeepsWhoHasNoKeyOnLoopback(string url, bool hasKey, string? says)
    {
        var mistake = ServerCommand.UrlMistake(url, hasKey);

        if (says is null)
            Assert.Null(mistake);
        else
            Assert.Contains(says, mistake, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retention_OptionsAndVariables_AreReadAndAnOptionComesFirst()
    {
        var (_, options, _) = await ReadAsync(
            ["--keep-results", "10", "--keep-daily", "500"],
            ("MCPPROBE_KEEP_RESULTS", "99"), ("MCPPROBE_KEEP_HOURLY", "30"), ("MCPPROBE_KEEP_DAILY", "nonsense"), ("MCPPROBE_KEEP_INCIDENTS", " "));

        Assert.Equal(new Retention(10, 30, 500, 400), options!.Retention);
        Assert.Equal(new Retention(35, 400, 1826, 400), (await ReadAsync([])).Options!.Retention);
    }

    [Theory]
    [InlineData("--keep-results 0", "", "--keep-results: it is a whole number of days from 1 to 36500")]
    [InlineData("--keep-results -1", "", "--keep-results")]
    [InlineData("--keep-results 35d", "", "--keep-results: it is a whole number of days")]
    [InlineData("--keep-hourly 15", "", "--keep-hourly: it is a whole number of days from 16")]
    [InlineData("--keep-daily 40000", "", "--keep-daily: it is a whole number of days from 16 to 36500")]
    [InlineData("", "1.5", "MCPPROBE_KEEP_RESULTS: it is a whole number of days")]
    [InlineData("", "401", "MCPPROBE_KEEP_RESULTS: 401 days are longer than the 400 of --keep-hourly")]
    [InlineData("--keep-hourly 60 --keep-daily 50", "", "--keep-hourly: 60 days are longer than the 50 of --keep-daily")]
    [InlineData("--keep-incidents 20", "", "--keep-results: 35 days are longer than the 20 of --keep-incidents")]
    public async Task Retention_ThatMakesNoSense_IsRefused(string args, string results, string says)
    {
        var (code, options, said) = await ReadAsync(args.Split(' ', StringSplitOptions.RemoveEmptyEntries), ("MCPPROBE_KEEP_RESULTS", results));

        Assert.Equal(2, code);
        Assert.Null(options);
        Assert.Contains(says, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retention_SeveralMistakes_AreAllSaidAtOnce()
    {
        var (code, _, said) = await ReadAsync(["--keep-results", "none", "--keep-hourly", "900", "--keep-daily", "800", "--keep-incidents", "0"]);

        Assert.Equal(2, code);
        Assert.All(
            (string[])["--keep-results: it is", "--keep-incidents: it is", "--keep-hourly: 900 days are longer than the 800 of --keep-daily"],
            each => Assert.Contains(each, said, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--log-format xml", "--log-format: 'xml' is none of text, json.")]
    [InlineData("--log-level wraning", "--log-level: 'wraning' is none of debug, info, warning, error; did you mean 'warning'?")]
    [InlineData("--prboes probes.yaml", "--prboes: there is no such option; did you mean '--probes'?")]
    public async Task Option_ThatIsNone_IsSaidWithTheNearest(string args, string says)
    {
        var (code, options, said) = await ReadAsync(args.Split(' '));

        Assert.Equal((2, null), (code, options));
        Assert.Contains(says, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_Options_AreRead()
    {
        Assert.Equal(new LogOptions(Json: true, Microsoft.Extensions.Logging.LogLevel.Debug), (await ReadAsync(["--log-format", "json", "--log-level", "debug"])).Options!.Log);
        Assert.Equal(new LogOptions(), (await ReadAsync([])).Options!.Log);
    }

    private static async Task<(int Code, ServerOptions? Options, string Said)> ReadAsync(string[] args, params (string Name, string Value)[] variables)
    {
        ServerOptions? read = null;
        var said = new StringWriter();
        var code = await ServerCommand.InvokeAsync(
            args,
            name => variables.FirstOrDefault(each => each.Name == name).Value,
            (options, _) =>
            {
                read = options;
                return Task.FromResult(0);
            },
            said);
        return (code, read, said.ToString());
    }

    [Theory]
    [InlineData("http://localhost:8080", null)]
    [InlineData("https://localhost", null)]
    [InlineData("http://127.0.0.1:8080", null)]
    [InlineData("http://[::1]:8080", null)]
    [InlineData("https://status.example.com", "MCPPROBE_API_KEY")]
    [InlineData("http://status.example.com", "MCPPROBE_API_KEY")]
    [InlineData("http://localhost.example.com", "MCPPROBE_API_KEY")]
    [InlineData("http://192.168.1.1:8080", "MCPPROBE_API_KEY")]
    [InlineData("http://0.0.0.0:8080", "MCPPROBE_API_KEY")]
    public void PublicUrlMistake_WithoutAKey_IsOneUnlessItIsThisMachine(string url, string? says)
    {
        var mistake = ServerCommand.PublicUrlMistake(url, hasKey: false);

        if (says is null)
            Assert.Null(mistake);
        else
            Assert.Contains(says, mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://status.example.com", true)]
    [InlineData("http://status.example.com:8080/", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("status.example.com", false)]
    [InlineData("//status.example.com", false)]
    [InlineData("ftp://status.example.com", false)]
    [InlineData("https://status.example.com/mcpprobe", false)]
    [InlineData("https://status.example.com/?a=b", false)]
    [InlineData("https://status.example.com/#a", false)]
    [InlineData("https://me@status.example.com", false)]
    [InlineData(" https://status.example.com", false)]
    [InlineData("https://", false)]
    [InlineData("", false)]
    public void PublicUrlMistake_OfAnAddress_TakesTheRootOfASite(string url, bool valid)
    {
        var mistake = ServerCommand.PublicUrlMistake(url, hasKey: true);

        Assert.Equal(valid, mistake is null);
        Assert.True(valid || mistake!.Contains("such as https://status.example.com", StringComparison.Ordinal));
    }
}
