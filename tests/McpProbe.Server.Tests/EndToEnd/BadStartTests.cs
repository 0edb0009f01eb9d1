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
    [InlineData("data is a file", "cannot be written: ", "or choose another directory with --data.")]
    [InlineData("data below a file", "cannot be written: ", "or choose another directory with --data.")]
    [InlineData("data of the system's", "cannot be written: ", "or choose another directory with --data.")]
    [InlineData("database is a directory", "mcpprobe.db")]
    [InlineData("no home", "There is no home directory to keep data in: name a directory with --data.")]
    [InlineData("no such probes file", "does not exist")]
    [InlineData("probes file is a directory", "is a directory")]
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
            "no home" => (new() { ["HOME"] = "", ["XDG_DATA_HOME"] = "" }, free),
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

    /// <summary>Root may listen anywhere, so that somebody else starts it here.</summary>
    [Theory]
    [InlineData("http://127.0.0.1:80")]
    [InlineData("http://localhost:80")]
    public async Task Start_OnAnAdministratorsPort_SaysSo(string url)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv") && Environment.UserName == "root", "Only root can start it as somebody else.");
        Assert.SkipWhen((await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_unprivileged_port_start", TestContext.Current.CancellationToken)).Trim() == "0", "Everybody may listen on every port here.");

        // Allowed to read all, as root is, but not to listen below 1024.
        await using var server = ServerProcess.StartBy(
            ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service", "--"], NoEnvironment, "--data", _temp.File("data"), "--urls", url);
        Assert.Equal(2, await server.ExitAsync());

        await Eventually.TrueAsync(() => !server.Errors.IsEmpty, "it says why");
        Assert.Equal($"Cannot listen on {url}: the system does not let this user; ports below 1024 are often an administrator's. Choose another address with --urls.", Assert.Single(server.Errors));
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
