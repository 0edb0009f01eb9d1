using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace McpProbe.Testing;

/// <summary>A Node.js server in a process of its own, ended with the test.</summary>
public sealed class RealServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private RealServer(Process process, string url)
    {
        _process = process;
        Url = new Uri(url);
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
    }

    /// <summary>Its MCP endpoint.</summary>
    public Uri Url { get; }

    public int Port => Url.Port;

    /// <summary>What it wrote so far: for failure messages.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>A port that nobody listened on a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts node and waits until the port accepts connections.</summary>
    /// <param name="arguments">The script, and what is passed to it; the port is in the environment variable PORT, too.</param>
    public static async Task<RealServer> StartAsync(IReadOnlyList<string> arguments, string host, int port, string path)
    {
        var start = new ProcessStartInfo("node", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["PORT"] = $"{port}";
        var server = new RealServer(new Process { StartInfo = start }, $"http://{host}:{port}{path}");
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        try
        {
            await server.WaitUntilListeningAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WaitUntilListeningAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(Url.Host, Url.Port);
                return;
            }
            catch (SocketException)
            {
                Assert.False(_process.HasExited, $"the server ended while it started:\n{Output}");
                Assert.True(TimeProvider.System.GetElapsedTime(started) < StartTimeout, $"the server does not listen on {Url}:\n{Output}");
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }
}
