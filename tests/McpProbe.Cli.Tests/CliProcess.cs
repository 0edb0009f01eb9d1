using System.Diagnostics;
using System.Runtime.InteropServices;

namespace McpProbe.Cli.Tests;

/// <summary>One run of the built program, as a shell starts it. <c>MCPPROBE_UNDER_TEST</c> names another executable, such as the native one.</summary>
internal sealed partial class CliProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private CliProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>What starts the program, to be followed by its arguments.</summary>
    public static IReadOnlyList<string> Words => Environment.GetEnvironmentVariable("MCPPROBE_UNDER_TEST") is { Length: > 0 } executable
        ? [executable]
        : ["dotnet", Path.Combine(AppContext.BaseDirectory, "McpProbe.Cli.dll")];

    public static async Task<CliRun> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        return await process.EndAsync();
    }

    public static CliProcess Start(params string[] arguments) => Start([], arguments);

    public static CliProcess Start(Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Words[0]);
        foreach (var argument in Words.Skip(1).Concat(arguments))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        return new CliProcess(Process.Start(start)!);
    }

    /// <summary>With that PATH alone: the program itself is found all the same.</summary>
    public static CliProcess StartWithPath(string path, params string[] arguments)
    {
        var start = new ProcessStartInfo(Words[0] == "dotnet" ? Environment.ProcessPath is { } running && Path.GetFileNameWithoutExtension(running) == "dotnet" ? running : DotNet() : Words[0]);
        foreach (var argument in Words.Skip(1).Concat(arguments))
            start.ArgumentList.Add(argument);
        start.Environment["PATH"] = path;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        return new CliProcess(Process.Start(start)!);
    }

    private static string DotNet() => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Select(directory => Path.Combine(directory, "dotnet")).First(File.Exists);

    public bool HasExited => _process.HasExited;

    public void Signal(PosixSignalNumber signal) => Assert.Equal(0, Kill(_process.Id, (int)signal));

    public async Task<CliRun> EndAsync()
    {
        var cancelled = TestContext.Current.CancellationToken;
        await _process.WaitForExitAsync(cancelled).WaitAsync(Deadline, TimeProvider.System, cancelled);
        return new CliRun(_process.ExitCode, await _output, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}

internal sealed record CliRun(int ExitCode, string Output, string Errors);

/// <summary>Signals by their number on every POSIX system.</summary>
public enum PosixSignalNumber
{
    Interrupt = 2,
    Terminate = 15,
}
