using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using McpProbe.Server.Storage;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>The built server as a process of its own, on a free port.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string PageLine = "The page: ";
    private readonly Process _process;
    private readonly HttpClient _http = new();

    private ServerProcess(Process process) => _process = process;

    public ConcurrentQueue<string> Output { get; } = [];

    public ConcurrentQueue<string> Errors { get; } = [];

    public bool HasExited => _process.HasExited;

    /// <summary>Resident, in bytes.</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static ServerProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => StartBy([], environment, arguments);

    /// <param name="by">A command that starts the one that follows it, such as one that takes rights away first.</param>
    public static ServerProcess StartBy(IReadOnlyList<string> by, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        string[] words = [.. by, "dotnet", typeof(SqliteStore).Assembly.Location, .. arguments];
        var start = new ProcessStartInfo(words[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in words[1..])
            start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MCPPROBE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = new ServerProcess(new Process { StartInfo = start });
        process._process.OutputDataReceived += (_, line) => Keep(process.Output, line.Data);
        process._process.ErrorDataReceived += (_, line) => Keep(process.Errors, line.Data);
        process._process.Start();
        process._process.BeginOutputReadLine();
        process._process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Starts it on a free port and waits until it listens.</summary>
    public static async Task<ServerProcess> ListenAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var process = Start(environment, arguments.Contains("--urls") ? arguments : [.. arguments, "--urls", "http://127.0.0.1:0"]);
        await Eventually.TrueAsync(
            () => process.Output.Any(line => line.StartsWith(PageLine, StringComparison.Ordinal)) || process.HasExited,
            "the server says where its page is", TimeSpan.FromSeconds(60));
        Assert.False(process.HasExited, process.Everything);
        if (environment.TryGetValue("MCPPROBE_API_KEY", out var key))
            process._http.DefaultRequestHeaders.Add("X-Api-Key", key);
        process._http.BaseAddress = new Uri(process.Output.First(line => line.StartsWith(PageLine, StringComparison.Ordinal))[PageLine.Length..]);
        return process;
    }

    public Uri Page => _http.BaseAddress!;

    public string Everything => string.Join('\n', [.. Output, .. Errors]);

    /// <summary>
    /// Waits until it has said so. What it writes comes by a pipe, and often later than what it did: who looks only once may look too early.
    /// </summary>
    public Task SaysAsync(string text, TimeSpan? within = null) =>
        Eventually.TrueAsync(() => Everything.Contains(text, StringComparison.Ordinal), $"it says '{text}'", within);

    /// <summary>The JSON at a path of its API.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using var document = await JsonDocument.ParseAsync(
            await _http.GetStreamAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken),
            cancellationToken: TestContext.Current.CancellationToken);
        return document.RootElement.Clone();
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null) => _http.SendAsync(
        new HttpRequestMessage(method, new Uri(path, UriKind.Relative))
        {
            Content = json is null ? null : new StringContent(json, System.Text.Encoding.UTF8, "application/json"),
        },
        TestContext.Current.CancellationToken);

    /// <summary>SIGKILL.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>SIGTERM.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <param name="signal">Its name without SIG.</param>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        _process.Dispose();
        _http.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }
}
