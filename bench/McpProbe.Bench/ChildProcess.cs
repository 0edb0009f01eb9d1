using System.Diagnostics;

namespace McpProbe.Bench;

/// <summary>A process that a benchmark starts, and that ends with it.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    /// <summary>CPU time of the process so far, user and system.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Peak resident memory of the process so far, in bytes (Linux: VmHWM).</summary>
    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Resident memory of the process now, in bytes.</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>What it wrote to disk so far, in bytes (Linux: <c>write_bytes</c> of /proc/PID/io).</summary>
    public long BytesWritten => Io("write_bytes:");

    /// <summary>Its calls of write and pwrite so far.</summary>
    public long Writes => Io("syscw:");

    private long Io(string name) => File.ReadLines($"/proc/{_process.Id}/io")
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line => long.Parse(line.AsSpan(name.Length), System.Globalization.CultureInfo.InvariantCulture))
        .Single();

    /// <summary>Asks it to end, and waits until it has.</summary>
    public async Task EndAsync()
    {
        using (var kill = Process.Start("kill", [_process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Shows what the process writes; a process whose output nobody reads stands still when its pipe is full.</summary>
    public void PassOutputOn()
    {
        _process.OutputDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        _process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The stub server in a process of its own, and its address.</summary>
    public static async Task<(ChildProcess Process, string Url)> StartStubAsync()
    {
        var child = Start(Environment.ProcessPath!, Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal)
            ? [typeof(ChildProcess).Assembly.Location, "serve"] : ["serve"]);
        var url = await child._process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The stub server did not start.");
        return (child, url);
    }

    public static ChildProcess Start(string file, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // The stub, whose idle threads would otherwise spin; McpProbe sets it for itself.
        if (arguments is [.., "serve"])
            start.Environment["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Runs a command to its end, and gives its wall time.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<TimeSpan> TimeAsync(string file, params IReadOnlyList<string> arguments)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var child = Start(file, arguments);
        var output = child._process.StandardOutput.ReadToEndAsync();
        var error = child._process.StandardError.ReadToEndAsync();
        await child._process.WaitForExitAsync();
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        await output;
        return child._process.ExitCode == 0
            ? elapsed
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} exited with {child._process.ExitCode}: {await error}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
