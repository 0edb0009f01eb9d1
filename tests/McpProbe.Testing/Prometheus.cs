using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace McpProbe.Testing;

/// <summary>A real Prometheus with data of its own, on a free loopback port; and promtool. Without them a test is skipped, unless REQUIRE_PROMETHEUS=1.</summary>
public sealed class Prometheus : IAsyncDisposable
{
    private readonly TempDirectory _data = new();
    private readonly HttpClient _http = new();
    private Process? _process;

    /// <summary>Skips the test when there is none and none is required.</summary>
    public static void Require()
    {
        var isThere = Find("prometheus") is not null && Find("promtool") is not null;
        if (Environment.GetEnvironmentVariable("REQUIRE_PROMETHEUS") == "1")
            Assert.True(isThere, "REQUIRE_PROMETHEUS=1, but prometheus and promtool are not on the PATH: install them.");
        Assert.SkipUnless(isThere, "Needs prometheus and promtool on the PATH (Debian: apt install prometheus); install them, or let CI run this test.");
    }

    /// <summary>Runs promtool to its end.</summary>
    /// <returns>What it said, with its exit code before it.</returns>
    public static async Task<(int Code, string Said)> CheckAsync(string? input, params string[] arguments)
    {
        var start = new ProcessStartInfo(Find("promtool")!) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (input is not null)
            await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }

    /// <param name="config">The whole configuration.</param>
    public async Task StartAsync(string config)
    {
        var port = FreePort();
        var file = _data.File("prometheus.yml");
        await File.WriteAllTextAsync(file, config, TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo(Find("prometheus")!) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])
            [$"--config.file={file}", $"--storage.tsdb.path={_data.File("tsdb")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _http.BaseAddress = new Uri($"http://127.0.0.1:{port}");
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return (await _http.GetAsync(new Uri("/-/ready", UriKind.Relative), TestContext.Current.CancellationToken)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "Prometheus is ready", TimeSpan.FromSeconds(60));
    }

    /// <summary>What an expression gives now: the labels and the value of each series.</summary>
    public async Task<IReadOnlyList<(JsonElement Labels, double Value)>> QueryAsync(string expression)
    {
        var answer = await GetAsync("/api/v1/query?query=" + Uri.EscapeDataString(expression));
        return [.. answer.GetProperty("result").EnumerateArray().Select(series =>
            (series.GetProperty("metric"), double.Parse(series.GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture)))];
    }

    /// <summary>The <c>data</c> of an answer of its API.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.True(response.IsSuccessStatusCode, $"{path}: {document.RootElement}");
        return document.RootElement.GetProperty("data").Clone();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process?.Dispose();
        _http.Dispose();
        _data.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
}
