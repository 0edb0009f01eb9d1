using System.Diagnostics;

namespace McpProbe.CrashTest;

/// <summary>Counts the moments just before and just after each piece of I/O, and ends the process at one of them.</summary>
/// <param name="diesAt">The number of the moment, from 1; 0 lets it live.</param>
internal sealed class Steps(int diesAt)
{
    private int _passed;

    /// <summary>Does not return from the moment that is to be the last.</summary>
    public void Pass(string moment)
    {
        if (Interlocked.Increment(ref _passed) != diesAt)
            return;
        Console.Out.WriteLine($"dies {moment}");
        Console.Out.Flush();
        using var self = Process.GetCurrentProcess();
        // SIGKILL: no finally block, no flush, no goodbye.
        self.Kill();
    }
}
