using System.Diagnostics;
using System.Text;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Transports;

/// <summary>
/// A command that runs for one probe, with everything that it starts. Its standard error is read all the time, for a full pipe would stop it, of which only the end is kept.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>Handed down to all that the command starts, by which those are found that outlive their parent.</summary>
    private const string Mark = "MCPPROBE_STDIO_RUN";

    private const int LongestErrorLine = 1024;

    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly Process _process;
    private readonly ProbeRun _run;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _errors;

    /// <param name="environment">All that it finds in its environment (<see cref="ChildEnvironment"/>).</param>
    /// <exception cref="Exception">The executable cannot be started; the platform names no exception for it.</exception>
    public ChildProcess(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, ProbeRun run)
    {
        _run = run;
        var start = new ProcessStartInfo(Executable(command[0]), command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.Environment[Mark] = _mark;
        _process = Process.Start(start)!;
        _errors = ReadErrorsAsync(_ending.Token);
    }

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>The end of its standard error.</summary>
    public LastWords LastWords { get; } = new();

    /// <summary>Waits for the last words of a process that has ended; others may hold its standard error open, so not for long.</summary>
    public async Task DrainErrorsAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await _errors.WaitAsync(patience, _run.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // What was read so far will do.
        }
    }

    /// <summary>Closes its input, and gives it time to end by that (specification, Lifecycle, Shutdown).</summary>
    public async Task CloseAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(patience, _run.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            Input.Dispose();
            await _process.WaitForExitAsync(either.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            _run.Log("the process did not end when its input did; killing it");
        }
    }

    /// <summary>Kills what is left of it.</summary>
    public async ValueTask DisposeAsync()
    {
        await KillTreeAsync();
        await _ending.CancelAsync();
        await _errors;
        _process.Dispose();
        _ending.Dispose();
    }

    private async Task ReadErrorsAsync(CancellationToken cancellationToken)
    {
        var line = new List<byte>(LongestErrorLine);
        var buffer = new byte[4096];
        try
        {
            while (await _process.StandardError.BaseStream.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                for (var rest = buffer.AsMemory(0, read); !rest.IsEmpty;)
                {
                    var end = rest.Span.IndexOf((byte)'\n');
                    var part = end < 0 ? rest : rest[..end];
                    line.AddRange(part.Span[..Math.Min(part.Length, LongestErrorLine - line.Count)]);
                    rest = end < 0 ? default : rest[(end + 1)..];
                    if (end >= 0)
                        Keep(line);
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The probe ends, or the pipe is gone.
        }

        Keep(line);
    }

    private void Keep(List<byte> line)
    {
        if (line.Count > 0)
            LastWords.Add(Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(line)));
        line.Clear();
    }

    /// <summary>
    /// Also what is not below the process any more, because its parent has ended: it still bears the mark. Where the system does
    /// not show environments, what is below the process.
    /// </summary>
    private async Task KillTreeAsync()
    {
        Kill(_process, entireProcessTree: !OperatingSystem.IsLinux());
        if (!OperatingSystem.IsLinux())
            return;

        // While they are looked for they can start others.
        const int Rounds = 5;
        var mark = Encoding.ASCII.GetBytes($"{Mark}={_mark}");
        for (var round = 0; round < Rounds; round++)
        {
            var isOver = true;
            foreach (var directory in Directory.EnumerateDirectories("/proc"))
            {
                if (!int.TryParse(Path.GetFileName(directory), out var id) || id == _process.Id || id == Environment.ProcessId)
                    continue;
                var environment = EnvironmentOf(id);
                if (environment?.AsSpan().IndexOf(mark) >= 0)
                    Kill(id);
                // In the middle of becoming another program a process has none: whose it is shows in a moment.
                else if (environment is not { Length: 0 } || id < _process.Id)
                    continue;
                isOver = false;
            }

            if (isOver)
                return;
            // The clock of the machine: other processes go by no other.
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    /// <summary>Null for a process that has ended, or is another user's.</summary>
    private static byte[]? EnvironmentOf(int id)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{id}/environ");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            Kill(process, entireProcessTree: false);
        }
        catch (ArgumentException)
        {
            // It has just ended.
        }
    }

    private static void Kill(Process process, bool entireProcessTree)
    {
        try
        {
            process.Kill(entireProcessTree);
        }
        catch (Exception error) when (error is InvalidOperationException or AggregateException or System.ComponentModel.Win32Exception)
        {
            // It, or one of its children, has just ended.
        }
    }

    /// <summary>On Windows <c>npx</c> and its like are scripts, which are started only by their full name.</summary>
    private static string Executable(string command)
    {
        if (!OperatingSystem.IsWindows() || Path.HasExtension(command) || command.Contains(Path.DirectorySeparatorChar))
            return command;

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var extensions = (Environment.GetEnvironmentVariable("PATHEXT") ?? ".EXE;.CMD").Split(';', StringSplitOptions.RemoveEmptyEntries);
        return folders.SelectMany(folder => extensions.Select(extension => Path.Combine(folder, command + extension))).FirstOrDefault(File.Exists)
            ?? command;
    }
}
