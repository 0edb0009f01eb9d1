using System.Globalization;
using McpProbe.Testing;

namespace McpProbe.Infra.Tests.Packages;

/// <summary>The image of <c>mcpprobe</c>, built and run by buildah. (The server's takes a publish: packaging/try.sh builds and runs it before a release.)</summary>
public sealed class ContainerTests : IDisposable
{
    private readonly TempDirectory _work = new();

    private string[] Storage => ["--storage-driver", "vfs", "--root", _work.File("storage"), "--runroot", _work.File("run")];

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Mcpprobe_FromScratch_IsSmallAndRuns()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/buildah"), "buildah is not installed here: the image of mcpprobe is not built.");
        var program = Environment.GetEnvironmentVariable("MCPPROBE_FOR_CONTAINER");
        Assert.SkipWhen(string.IsNullOrEmpty(program), "MCPPROBE_FOR_CONTAINER names no mcpprobe as the image has it: it is not built.");
        File.Copy(program!, _work.File("mcpprobe"));

        var built = await Command.RunAsync(Repository.File("containers/build.sh"), ["mcpprobe", _work.Path, "mcpprobe:test"], new Dictionary<string, string>
        {
            ["BUILDAH_OPTIONS"] = string.Join(' ', Storage),
            ["BUD_OPTIONS"] = "--isolation chroot",
        });
        Assert.True(built.ExitCode == 0, built.Output + built.Error);

        var inspected = (await BuildahAsync("inspect", "--type", "image", "--format", "{{.Docker.Config.User}} {{.Docker.Config.Entrypoint}} {{.Docker.Size}}", "mcpprobe:test")).Output.Trim();
        Assert.StartsWith("10001:10001 [/usr/bin/mcpprobe] ", inspected, StringComparison.Ordinal);
        var content = Directory.EnumerateFiles(_work.File("storage"), "*", SearchOption.AllDirectories).Where(file => file.Contains("/vfs/dir/", StringComparison.Ordinal)).Sum(file => new FileInfo(file).Length);
        Assert.InRange(content, 10_000_000, 25 * 1024 * 1024);

        var container = (await BuildahAsync("from", "mcpprobe:test")).Output.Trim();
        Assert.Equal(0, (await RunAsync(container, "--version")).ExitCode);
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));
        var check = await RunAsync(container, "check", server.Url + "/mcp");
        Assert.True(check.ExitCode == 0, check.Output + check.Error);
        // TLS and its authorities are there: what is refused is the name of nobody.
        var refused = await RunAsync(container, "check", string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{new Uri(server.Url).Port}/mcp"));
        Assert.Equal(4, refused.ExitCode);
        Assert.DoesNotContain("OpenSSL", refused.Output + refused.Error, StringComparison.Ordinal);
    }

    private Task<Command> RunAsync(string container, params string[] arguments) =>
        BuildahAsync(["run", "--isolation", "chroot", container, "--", "/usr/bin/mcpprobe", .. arguments]);

    private Task<Command> BuildahAsync(params string[] arguments) => Command.RunAsync("buildah", [.. Storage, .. arguments]);
}
