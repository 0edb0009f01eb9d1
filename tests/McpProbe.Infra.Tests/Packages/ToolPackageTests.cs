using System.IO.Compression;
using System.Text.RegularExpressions;
using McpProbe.Testing;

namespace McpProbe.Infra.Tests.Packages;

/// <summary><c>dotnet tool install -g mcpprobe</c>, from a folder of packages as packaging/build.sh makes them.</summary>
public sealed partial class ToolPackageTests : IDisposable
{
    private readonly TempDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Tool_FromItsPackages_InstallsRunsAndGoesAway()
    {
        var packages = Packages();
        var installed = await DotNetAsync("tool", "install", "-g", "mcpprobe", "--source", packages);
        Assert.True(installed.ExitCode == 0, installed.Output + installed.Error);

        var tool = _home.File(".dotnet/tools/mcpprobe");
        Assert.Equal((0, await VersionAsync() + "\n", ""), await SaidAsync(tool, "--version"));
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));
        var check = await Command.RunAsync(tool, ["check", server.Url + "/mcp"]);
        Assert.True(check.ExitCode == 0, check.Output + check.Error);
        // It is the native executable, which needs no runtime.
        Assert.Equal((0, await VersionAsync() + "\n", ""), await SaidAsync("env", "-i", "DOTNET_ROOT=/nonexistent", new FileInfo(tool).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? tool, "--version"));

        var removed = await DotNetAsync("tool", "uninstall", "-g", "mcpprobe");
        Assert.True(removed.ExitCode == 0, removed.Output + removed.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_home.File(".dotnet/tools"), "*mcpprobe*", SearchOption.AllDirectories));
    }

    /// <summary>The one that people name holds no program, but names those of the platforms that have one.</summary>
    [Fact]
    public async Task Package_ThatPeopleName_NamesThePlatforms()
    {
        var version = await VersionAsync();
        using var named = ZipFile.OpenRead(Path.Combine(Packages(), $"mcpprobe.{version}.nupkg"));
        using var settings = new StreamReader(named.Entries.Single(each => each.Name == "DotnetToolSettings.xml").Open());

        var text = await settings.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            ["linux-arm64", "linux-musl-x64", "linux-x64", "osx-arm64", "win-x64"],
            Platform().Matches(text).Select(each => each.Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(named.Entries, each => each.Length > 100_000);
    }

    private static string Packages()
    {
        var packages = Environment.GetEnvironmentVariable("MCPPROBE_PACKAGES");
        Assert.SkipWhen(string.IsNullOrEmpty(packages), "MCPPROBE_PACKAGES names no directory of tool packages (.ci/run makes them).");
        return packages!;
    }

    private static async Task<string> VersionAsync() => Version().Match(await Repository.ReadAsync("Directory.Build.props")).Groups[1].Value;

    private static async Task<(int, string, string)> SaidAsync(string program, params string[] arguments)
    {
        var run = await Command.RunAsync(program, arguments);
        return (run.ExitCode, run.Output, run.Error);
    }

    // In a home of the test's own: global is global to a person.
    private Task<Command> DotNetAsync(params string[] arguments) => Command.RunAsync("dotnet", arguments, new Dictionary<string, string>
    {
        ["HOME"] = _home.Path,
        ["DOTNET_CLI_HOME"] = _home.Path,
        ["NUGET_PACKAGES"] = _home.File("packages"),
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_NOLOGO"] = "1",
    });

    [GeneratedRegex("<Version>(.*)</Version>")]
    private static partial Regex Version();

    [GeneratedRegex("RuntimeIdentifier=\"([^\"]+)\"")]
    private static partial Regex Platform();
}
