using System.Diagnostics;

namespace McpProbe.Functions.Tests;

/// <summary>The worker as a process, which the platform's host starts: what it writes before it has a host to talk to.</summary>
public class ProgramTests
{
    [Fact]
    public async Task Start_SettingsMissing_EndsWithALineForEachOnStandardError()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "McpProbe.Functions.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var name in start.Environment.Keys.Where(name => typeof(AppSettings).GetFields().Any(field => Equals(field.GetRawConstantValue(), name))).ToList())
            start.Environment.Remove(name);
        start.Environment["Store"] = "UseDevelopmentStorage=true";
        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = AppContext.BaseDirectory;

        using var process = Process.Start(start)!;
        var (output, errors) = (
            process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        var lines = (await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1, process.ExitCode);
        Assert.Equal("", await output);
        string[] missing = ["ProbeQueue", "ProbePoisonQueue", "ProbeSchedule", "SweepSchedule", "RollUpSchedule", "MCPPROBE_API_KEY"];
        Assert.Equal(1 + missing.Length, lines.Length);
        Assert.All(lines, line => Assert.Contains("error", line, StringComparison.Ordinal));
        Assert.All(missing, name => Assert.Single(lines, line => line.Contains($"{name} is missing: ", StringComparison.Ordinal)));
    }
}
