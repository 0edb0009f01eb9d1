using System.Diagnostics;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests;

/// <summary>The built one-machine head as a process of its own, on a free port.</summary>
internal sealed class HeadProcess : IAsyncDisposable
{
    private readonly Process _process;

    private HeadProcess(Process process, string url) => (_process, Url) = (process, url);

    public string Url { get; }

    /// <param name="key">Null for a head that answers this machine without one.</param>
    /// <param name="probes">A probes file; null for none.</param>
    public static async Task<HeadProcess> StartAsync(string data, string? key, string? probes = null)
    {
        var url = $"http://127.0.0.1:{RealServer.FreePort()}";
        // Built beside these tests, in the same configuration.
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[SourceTree.PathOf($"src/McpProbe.Server/bin/{configuration}/net10.0/mcpprobe-server.dll"), "--data", data, "--urls", url, .. probes is null ? Array.Empty<string>() : ["--probes", probes]])
            start.ArgumentList.Add(argument);
        start.Environment["MCPPROBE_API_KEY"] = key;
        var process = new HeadProcess(Process.Start(start)!, url);
        process._process.OutputDataReceived += (_, _) => { };
        process._process.ErrorDataReceived += (_, _) => { };
        process._process.BeginOutputReadLine();
        process._process.BeginErrorReadLine();
        using var http = new HttpClient();
        await Eventually.TrueAsync(async () =>
        {
            Assert.False(process._process.HasExited, "the head ended");
            try
            {
                return (await http.GetAsync(new Uri(url + "/api/live"), TestContext.Current.CancellationToken)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "the head answers", TimeSpan.FromSeconds(60));
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }
}
