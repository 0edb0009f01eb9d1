using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace McpProbe.CrashTest;

/// <summary>A process that is there to be killed.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Child(Process process) => _process = process;

    /// <summary>What it wrote so far: for failure messages.</summary>
    public string Output => string.Join('\n', _output.TakeLast(60));

    /// <summary>The rest of the line by which it says that it is ready; never, when it ends before.</summary>
    public Task<string> Ready => _ready.Task;

    public Task Ended => _process.WaitForExitAsync(CancellationToken.None);

    public bool HasEnded => _process.HasExited;

    /// <summary>Known after its end too: a sampler may ask just then.</summary>
    public int Id { get; private set; }

    /// <summary>128 + 9 when it was ended by SIGKILL.</summary>
    public int ExitCode => _process.ExitCode;

    public const int Killed = 137;

    /// <param name="assembly">Of a program, with its runtime configuration beside it.</param>
    /// <param name="readyLine">How the line begins by which it says that it is ready.</param>
    public static Child Start(
        string assembly, string readyLine, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("MCPPROBE_API_KEY");
        // It lives for a second: better code would come too late.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var child = new Child(new Process { StartInfo = start });
        child._process.OutputDataReceived += (_, line) => child.Read(line.Data, readyLine);
        child._process.ErrorDataReceived += (_, line) => child.Read(line.Data, readyLine);
        child._process.Start();
        child.Id = child._process.Id;
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await Ended;
    }

    /// <summary>SIGTERM; returns when it is gone.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await Ended.WaitAsync(Patience, TimeProvider.System);
    }

    /// <summary>Waits until it is ready.</summary>
    /// <exception cref="CrashTestException">It ended, or takes too long.</exception>
    public async Task<string> WhenReadyAsync()
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        if (await Task.WhenAny(Ready, Ended, Task.Delay(Patience, TimeProvider.System, patience.Token)) != Ready)
            throw new CrashTestException($"The child {(HasEnded ? $"ended by itself, with {ExitCode}" : "is not ready")}:\n{Output}");
        await patience.CancelAsync();
        return await Ready;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private void Read(string? line, string readyLine)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        if (line.StartsWith(readyLine, StringComparison.Ordinal))
            _ready.TrySetResult(line[readyLine.Length..]);
    }
}

/// <summary>The comparison cannot be made at all; the message says why.</summary>
internal sealed class CrashTestException(string message) : Exception(message);
