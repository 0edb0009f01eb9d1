using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace McpProbe.Cli;

/// <summary>Everything that this process has started, and what that has started in turn, however it has left its parent.</summary>
internal static partial class Descendants
{
    // linux/prctl.h
    private const int SetChildSubreaper = 36;

    /// <summary>
    /// From now on a process below this one whose parent ends becomes a child of this one (prctl(2), PR_SET_CHILD_SUBREAPER), so that
    /// <see cref="KillAsync"/> finds it: neither a session of its own nor an empty environment hides it. Does nothing on other systems,
    /// where what has left the tree is not found.
    /// </summary>
    public static void Adopt()
    {
        if (OperatingSystem.IsLinux())
            _ = Prctl(SetChildSubreaper, 1, 0, 0, 0);
    }

    /// <summary>Kills them all, and what they start while they are looked for.</summary>
    public static async Task KillAsync()
    {
        if (!OperatingSystem.IsLinux())
            return;
        const int Rounds = 100;
        for (var round = 0; round < Rounds && Find() is { Count: > 0 } found; round++)
        {
            found.ForEach(Kill);
            // The clock of the machine: other processes go by no other.
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private static List<int> Find()
    {
        var children = new Dictionary<int, List<int>>();
        var dead = new HashSet<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || StatusOf(id) is not var (state, parent))
                continue;
            if (state is 'Z' or 'X')
                dead.Add(id);
            if (!children.TryGetValue(parent, out var siblings))
                children[parent] = siblings = [];
            siblings.Add(id);
        }

        var found = new List<int>();
        var open = new Stack<int>([Environment.ProcessId]);
        while (open.TryPop(out var parent))
        {
            foreach (var child in children.GetValueOrDefault(parent, []))
            {
                open.Push(child);
                if (!dead.Contains(child))
                    found.Add(child);
            }
        }

        return found;
    }

    /// <summary>The state and the parent by proc(5), stat; null for a process that has ended.</summary>
    private static (char State, int Parent)? StatusOf(int id)
    {
        try
        {
            // The name in parentheses can hold anything.
            var status = File.ReadAllText($"/proc/{id}/stat");
            var fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
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
            process.Kill();
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It has just ended.
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}
