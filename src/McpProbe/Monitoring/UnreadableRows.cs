using System.Collections.Concurrent;
using System.Text.Json;

namespace McpProbe.Monitoring;

/// <summary>
/// Rows that a store left out because they cannot be read: spoiled by hand or by a fault, or written by another version. It says so
/// once a minute and table, however often they are met.
/// </summary>
public sealed class UnreadableRows(TimeProvider time)
{
    private static readonly TimeSpan Said = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _said = [];

    /// <summary>Told of the table, of what the row belongs to, and of why it cannot be read. Must not block.</summary>
    public Action<string, string, string> Tell { get; set; } = (_, _, _) => { };

    /// <summary>Whether an exception is about the content of a row, and not about reaching it.</summary>
    public static bool Is(Exception failure) => failure is JsonException or InvalidDataException or NotSupportedException or FormatException
        or ArgumentException or InvalidOperationException and not ObjectDisposedException or InvalidCastException or KeyNotFoundException;

    public void Skip(string table, string row, Exception failure)
    {
        var now = time.GetUtcNow();
        if (_said.TryGetValue(table, out var last) && now - last < Said)
            return;
        _said[table] = now;
        Tell(table, row, failure.Message);
    }
}
