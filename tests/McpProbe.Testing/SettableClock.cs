using System.Globalization;

namespace McpProbe.Testing;

/// <summary>
/// The clock of a process, which can be set while it runs, as an administrator or NTP sets it: Debian's libfaketime changes what the
/// kernel says of the time of day, and leaves the monotonic clock alone. The process itself is the one that people run.
/// </summary>
public sealed class SettableClock
{
    /// <summary>Until a process has noticed: the library looks into its file once a second.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromSeconds(2);

    private static readonly string[] Places =
    [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    ];

    /// <summary>What to do where there is none; null where there is.</summary>
    public static string? Missing { get; } = Places.Any(File.Exists) ? null : "No clock that can be set: apt-get install faketime";

    private readonly string _file;

    public SettableClock(string file)
    {
        _file = file;
        Set(TimeSpan.Zero);
    }

    /// <summary>For the process whose clock it is.</summary>
    /// <exception cref="InvalidOperationException">There is none: <see cref="Missing"/>.</exception>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Places.FirstOrDefault(File.Exists) ?? throw new InvalidOperationException(Missing),
        ["FAKETIME_TIMESTAMP_FILE"] = _file,
        ["FAKETIME_CACHE_DURATION"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        // Otherwise it changes how threads wait for a time, and they do so busily.
        ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
        ["NO_FAKE_STAT"] = "1",
    };

    public void Set(TimeSpan ahead)
    {
        File.WriteAllText(_file + ".new", string.Create(CultureInfo.InvariantCulture, $"{ahead.TotalSeconds:+0;-0;+0}\n"));
        File.Move(_file + ".new", _file, overwrite: true);
    }
}
