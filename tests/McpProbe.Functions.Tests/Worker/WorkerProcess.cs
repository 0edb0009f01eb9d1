using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>The published app as a process of its own, started as the host starts it.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private const int MaxMessageLength = int.MaxValue;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource _outputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _openStreams = 2;

    /// <param name="host">Where the host listens.</param>
    /// <param name="settings">App settings: the platform hands them over as environment variables.</param>
    internal WorkerProcess(Uri host, string id, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var (program, assembly) = PublishedApp.Start();
        var request = Guid.NewGuid().ToString();
        var length = MaxMessageLength.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(program,
        [
            assembly,
            // Of old, and what took its place: the host gives both.
            "--host", host.Host, "--port", $"{host.Port}", "--workerId", id, "--requestId", request, "--grpcMaxMessageLength", length,
            "--functions-uri", host.AbsoluteUri, "--functions-worker-id", id, "--functions-request-id", request,
            "--functions-grpc-max-message-length", length,
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = PublishedApp.Directory,
        };
        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = PublishedApp.Directory;
        start.Environment["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Read;
        _process.ErrorDataReceived += Read;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Exit = ExitAsync();
    }

    /// <summary>Its exit code, once it has ended and all of its output was read.</summary>
    internal Task<int> Exit { get; }

    /// <summary>Standard output and error, line by line: what the host's log gets as <c>Host.Function.Console</c>.</summary>
    internal IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>Resident memory, in bytes.</summary>
    internal long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The most resident memory that it ever had, in bytes, and the processor time that it took.</summary>
    internal (long Memory, TimeSpan Processor) Peak
    {
        get
        {
            _process.Refresh();
            return (_process.PeakWorkingSet64, _process.TotalProcessorTime);
        }
    }

    /// <summary>SIGTERM: as the platform ends a worker that it moves elsewhere.</summary>
    internal async Task SignalAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await Exit;
        _process.Dispose();
    }

    private async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        await _outputEnded.Task;
        return _process.ExitCode;
    }

    private void Read(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is { } text)
            _lines.Enqueue(text);
        else if (Interlocked.Decrement(ref _openStreams) == 0)
            _outputEnded.TrySetResult();
    }
}
