using System.Net;
using System.Net.Sockets;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>What keeps the server from starting is one sentence that says what to do, the code for wrong usage, and never a stack trace.</summary>
public sealed class BadStartTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("port in use", ": another program listens there. Choose another address with --urls.")]
    [InlineData("port in use, of localhost", ": another program listens there. Choose another address with --urls.")]
    [InlineData("another machine's address", ": this machine has no such address. Choose another address with --urls.")]
    [InlineData("https without a certificate", "name a certificate in ASPNETCORE_Kestrel__Certificates__Default__Path")]
    [InlineData("data is a file", " is a file: name a directory with --data.")]
    [InlineData("data below a file", "cannot be written: ", "or choose another directory with --data.")]
    [InlineData("data of the system's", "cannot be written: ", "or choose another directory with --data.")]
    [InlineData("database is a directory", "mcpprobe.db")]
    [InlineData("no such probes file", ":1:1: there is no such file; check the path")]
    [InlineData("probes file is a directory", ":1:1: this is a directory; name the file in it")]
    [InlineData("unknown option", "--dta: there is no such option; did you mean '--data'?")]
    public async Task Start_ThatCannotBe_IsOneSentenceAndTwo(string trouble, params string[] says)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var takenToo = Socket.OSSupportsIPv6 ? new TcpListener(IPAddress.IPv6Loopback, port) : null;
        takenToo?.Start();
        var file = _temp.File("file");
        File.WriteAllText(file, "");
        Directory.CreateDirectory(_temp.File("odd/mcpprobe.db"));
        string[] free = ["--urls", "http://127.0.0.1:0"];
        string[] data = ["--data", _temp.File("data")];
        var (environment, arguments) = trouble switch
        {
            "port in use" => (NoEnvironment, [.. data, "--urls", $"http://127.0.0.1:{port}"]),
            "port in use, of localhost" => (NoEnvironment, [.. data, "--urls", $"http://localhost:{port}"]),
            // For documentation only (RFC 5737).
            "another machine's address" => (new() { ["MCPPROBE_API_KEY"] = "a key that is long enough" }, [.. data, "--urls", "http://203.0.113.9:8080"]),
            "https without a certificate" => (new() { ["HOME"] = _temp.Path }, [.. data, "--urls", "https://127.0.0.1:0"]),
            "data is a file" => (NoEnvironment, ["--data", file, .. free]),
            "data below a file" => (NoEnvironment, ["--data", $"{file}/data", .. free]),
            "data of the system's" => (NoEnvironment, ["--data", "/proc/mcpprobe", .. free]),
            "database is a directory" => (NoEnvironment, ["--data", _temp.File("odd"), .. free]),
            "no such probes file" => (NoEnvironment, ["--probes", _temp.File("none.yaml"), .. data, .. free]),
            "probes file is a directory" => (NoEnvironment, ["--probes", _temp.Path, .. data, .. free]),
            "unknown option" => (NoEnvironment, (string[])["--dta", "x", .. free]),
            _ => throw new ArgumentOutOfRangeException(nameof(trouble)),
        };

        await using var server = ServerProcess.Start(environment, arguments);
        Assert.Equal(2, await server.ExitAsync());

        await Eventually.TrueAsync(() => says.All(each => server.Everything.Contains(each, StringComparison.Ordinal)), $"it says so: {server.Everything}");
        Assert.Empty(server.Output);
        Assert.Single(server.Errors, line => line != "See --help.");
        Assert.DoesNotContain("   at ", server.Everything, StringComparison.Ordinal);
    }

    /// <summary>Root may do everything, so that somebody else starts it here: who may read all, but neither write nor listen below 1024.</summary>
    [Theory]
    [InlineData("port", "Cannot listen on http://127.0.0.1:80: the system does not let this user; ports below 1024 are often an administrator's. Choose another address with --urls.")]
    [InlineData("port of localhost", "Cannot listen on http://localhost:80: the system does not let this user; ports below 1024 are often an administrator's. Choose another address with --urls.")]
    [InlineData("data", "The data directory {data} cannot be written: ")]
    [InlineData("home", "There is no home directory to keep data in: name a directory with --data.")]
    public async Task Start_ByAUserWithFewRights_IsOneSentenceAndTwo(string trouble, string says)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv") && Environment.UserName == "root", "Only root can start it as somebody else.");
        Assert.SkipWhen(
            trouble.StartsWith("port", StringComparison.Ordinal) && (await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_unprivileged_port_start", TestContext.Current.CancellationToken)).Trim() == "0",
            "Everybody may listen on every port here.");
        var data = Directory.CreateDirectory(_temp.File("data")).FullName;
        string[] arguments = trouble switch
        {
            "port" => ["--data", data, "--urls", "http://127.0.0.1:80"],
            "port of localhost" => ["--data", data, "--urls", "http://localhost:80"],
            "data" => ["--data", data, "--urls", "http://127.0.0.1:0"],
            _ => ["--urls", "http://127.0.0.1:0"],
        };
        // 4242 is nobody's number, so that no home is known of it either. The one of the ports keeps root's own.
        string[] by = trouble.StartsWith("port", StringComparison.Ordinal)
            ? ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service", "--"]
            : ["setpriv", "--reuid=4242", "--clear-groups", "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search", "--", "env", "-u", "HOME", "-u", "XDG_DATA_HOME"];

        await using var server = ServerProcess.StartBy(by, NoEnvironment, arguments);
        Assert.Equal(2, await server.ExitAsync());

        await Eventually.TrueAsync(() => !server.Errors.IsEmpty, "it says why");
        Assert.StartsWith(says.Replace("{data}", data, StringComparison.Ordinal), Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Empty(server.Output);
    }

    /// <summary>The demo's own server once took the signal, and nothing ended.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Terminated_WhileItStarts_Ends(bool demo)
    {
        await File.WriteAllTextAsync(_temp.File("probes.yaml"), "endpoints:\n  - id: a\n    url: http://127.0.0.1:1/mcp\n", TestContext.Current.CancellationToken);
        await using var server = ServerProcess.Start(NoEnvironment, ["--data", _temp.File("data"), "--urls", "http://127.0.0.1:0", .. demo ? (string[])["--demo"] : ["--probes", _temp.File("probes.yaml")]]);
        // Said when everything is open, and before it listens.
        await server.SaysAsync(" was applied: ", TimeSpan.FromSeconds(60));

        await server.TerminateAsync();

        // 143 where nothing had begun to listen for it yet.
        Assert.Contains(await server.ExitAsync(), (int[])[0, 143]);
        Assert.DoesNotContain("   at ", server.Everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OnAReadOnlyDisk_SaysWhichDirectory()
    {
        using var disk = SmallDisk.InMemory("1m");
        disk.BecomeReadOnlyByOption();
        await using var readOnly = ServerProcess.Start(NoEnvironment, "--data", disk.Path, "--urls", "http://127.0.0.1:0");
        Assert.Equal(2, await readOnly.ExitAsync());

        await Eventually.TrueAsync(() => !readOnly.Errors.IsEmpty, "it says why");
        Assert.StartsWith($"The data directory {disk.Path} cannot be written: ", Assert.Single(readOnly.Errors), StringComparison.Ordinal);
    }
}
