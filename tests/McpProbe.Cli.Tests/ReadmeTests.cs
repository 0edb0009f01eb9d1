using System.Diagnostics;
using System.Text.RegularExpressions;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests;

/// <summary>The commands that README.md names, as they stand there, by somebody who has set nothing.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private readonly TempDirectory _home = new();

    public void Dispose() => _home.Dispose();

    private static string Root
    {
        get
        {
            var root = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(root!.FullName, "McpProbeFunctions.sln")))
                root = root.Parent;
            return root.FullName;
        }
    }

    private static async Task<IReadOnlyList<string>> LinesAsync() =>
        [.. Block().Matches(await File.ReadAllTextAsync(Path.Combine(Root, "README.md"), TestContext.Current.CancellationToken)).SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>No command is added that nothing tries: which test has it, or why none can.</summary>
    [Fact]
    public async Task Commands_OfTheReadme_AreAllTried() => Assert.Equal(
        [
            // InstallTests of the infrastructure, against a place of releases on this machine.
            "curl -fsSL https://github.com/OWNER/mcpprobe/releases/latest/download/install.sh | sh",
            "dotnet run --project src/McpProbe.Cli -- check http://127.0.0.1:3001/mcp",
            "mcpprobe check https://mcp.example.com/mcp",
            "mcpprobe check --stdio \"npx -y @modelcontextprotocol/server-everything\"",
            // ReadmeTests of the one-machine head.
            "dotnet run --project src/McpProbe.Server -- --demo",
            "dotnet run --project src/McpProbe.Server -- --probes samples/probes.yaml",
            "mcpprobe snapshot https://mcp.example.com/mcp -o mcp.snapshot.json",
            "mcpprobe verify https://mcp.example.com/mcp --baseline mcp.snapshot.json --wait 120s",
            // They need Azure: what azd reads is held to its schema (AzureYamlTests), the templates to Bicep.
            "azd init --template OWNER/mcpprobe",
            "azd up",
            // The run that runs this.
            "./test.sh",
        ],
        await LinesAsync());

    [Fact]
    public async Task Check_OfTheReadme_RunsInAnEmptyEnvironment()
    {
        var line = Assert.Single(await LinesAsync(), line => line.StartsWith("dotnet run --project src/McpProbe.Cli", StringComparison.Ordinal));
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));

        // What the test's own build made, and a server that is there.
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var run = await RunAsync(Root, line.Replace("dotnet run", $"dotnet run --no-build -c {configuration}", StringComparison.Ordinal).Replace("http://127.0.0.1:3001", server.Url, StringComparison.Ordinal));

        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        Assert.StartsWith($"✔ healthy  {server.Url}/mcp", run.Output, StringComparison.Ordinal);
    }

    /// <summary>In the order of the page: what one writes, a later one reads.</summary>
    [Fact]
    public async Task Installed_EveryCommandOfTheReadme_Works()
    {
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));
        var work = Directory.CreateDirectory(_home.File("work")).FullName;
        WriteProgram("mcpprobe", string.Join(' ', CliProcess.Words.Select(word => $"'{word}'")) + " \"$@\"");
        // npx would fetch the package; here it is installed already.
        WriteProgram("npx", $"'{RealServers.EverythingStdio[0]}' '{RealServers.EverythingStdio[1]}' stdio");

        foreach (var line in (await LinesAsync()).Where(line => line.StartsWith("mcpprobe ", StringComparison.Ordinal)))
        {
            var run = await RunAsync(work, line.Replace("https://mcp.example.com", server.Url, StringComparison.Ordinal));
            Assert.True(run.ExitCode == 0, $"{line}\n{run.Output}{run.Errors}");
        }
    }

    private void WriteProgram(string name, string line)
    {
        Directory.CreateDirectory(_home.File("bin"));
        File.WriteAllText(_home.File($"bin/{name}"), $"#!/bin/sh\nexec {line}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_home.File($"bin/{name}"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private async Task<CliRun> RunAsync(string directory, string line)
    {
        var start = new ProcessStartInfo("sh", ["-c", line]) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["HOME"] = _home.Path;
        start.Environment["PATH"] = $"{_home.File("bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new CliRun(process.ExitCode, await output, await errors);
    }

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
