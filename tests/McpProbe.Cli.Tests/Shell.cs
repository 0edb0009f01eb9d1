using System.Diagnostics;

namespace McpProbe.Cli.Tests;

/// <summary>Another program, run to its end.</summary>
internal static class Shell
{
    public static async Task<CliRun> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var cancelled = TestContext.Current.CancellationToken;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancelled), process.StandardError.ReadToEndAsync(cancelled));
        await process.StandardInput.WriteAsync(input.AsMemory(), cancelled);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancelled);
        return new CliRun(process.ExitCode, await output, await errors);
    }
}
