using System.Diagnostics;
using System.Text.RegularExpressions;
using McpProbe.Server.Storage;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>The ways to start that README.md names, as they stand there: in the root of a clone, by somebody who has set nothing.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private readonly TempDirectory _home = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Start_EachWayOfTheReadme_WorksInAnEmptyEnvironment()
    {
        var root = Root();
        var ways = Way().Matches(await File.ReadAllTextAsync(Path.Combine(root, "README.md"), Token)).Select(match => match.Value.Trim()).ToList();
        Assert.Equal(["--demo", "--probes samples/probes.yaml"], ways.Select(way => way[(way.IndexOf("-- ", StringComparison.Ordinal) + 3)..]));

        foreach (var way in ways)
        {
            // What the test's own build made, and a free port.
            var configuration = typeof(SqliteStore).Assembly.Location.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
            var line = way.Replace("dotnet run", $"dotnet run --no-build -c {configuration}", StringComparison.Ordinal) + " --urls http://127.0.0.1:0";
            var (output, isUp) = await RunAsync(root, line);

            Assert.True(isUp, $"{way}\n{output}");
            if (way.Contains("samples/", StringComparison.Ordinal))
            {
                Assert.Contains("Watching 7 endpoints", output, StringComparison.Ordinal);
                // What is not set and nothing uses is said, and keeps nobody from starting.
                Assert.Contains("channel 'chat' needs the environment variable SLACK_WEBHOOK_URL, which is not set", output, StringComparison.Ordinal);
            }
        }
    }

    private async Task<(string Output, bool IsUp)> RunAsync(string root, string line)
    {
        var start = new ProcessStartInfo("sh", ["-c", line]) { WorkingDirectory = root, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["HOME"] = _home.Path;
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        using var process = Process.Start(start)!;
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        process.OutputDataReceived += (_, data) => lines.Enqueue(data.Data ?? "");
        process.ErrorDataReceived += (_, data) => lines.Enqueue(data.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            bool IsUp() => lines.Any(text => text.StartsWith("The page: http://127.0.0.1:", StringComparison.Ordinal));
            await Eventually.TrueAsync(() => IsUp() || process.HasExited, line, TimeSpan.FromMinutes(2));
            return (string.Join('\n', lines), IsUp());
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "McpProbeFunctions.sln")))
            directory = directory.Parent;
        return directory.FullName;
    }

    [GeneratedRegex("^dotnet run --project src/McpProbe\\.Server.*$", RegexOptions.Multiline)]
    private static partial Regex Way();
}
