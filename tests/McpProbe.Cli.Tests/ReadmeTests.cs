using System.Diagnostics;
using System.Text.RegularExpressions;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests;

/// <summary>The command that README.md names, as it stands there: in the root of a clone, by somebody who has set nothing.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private readonly TempDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Check_OfTheReadme_RunsInAnEmptyEnvironment()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "McpProbeFunctions.sln")))
            root = root.Parent;
        var line = Assert.Single(Command().Matches(await File.ReadAllTextAsync(Path.Combine(root.FullName, "README.md"), TestContext.Current.CancellationToken))).Value;
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));

        // What the test's own build made, and a server that is there.
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var start = new ProcessStartInfo("sh", ["-c", line.Replace("dotnet run", $"dotnet run --no-build -c {configuration}", StringComparison.Ordinal).Replace("http://127.0.0.1:3001", server.Url, StringComparison.Ordinal)])
        {
            WorkingDirectory = root.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["HOME"] = _home.Path;
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, await output + await errors);
        Assert.StartsWith($"✔ healthy  {server.Url}/mcp", await output, StringComparison.Ordinal);
    }

    [GeneratedRegex("^dotnet run --project src/McpProbe\\.Cli.*$", RegexOptions.Multiline)]
    private static partial Regex Command();
}
