using System.Collections.Concurrent;
using McpProbe.Configuration;

namespace McpProbe.Imports;

/// <summary>
/// Since when a registry can be asked for what changed alone: it was read whole within a day, by the same definition. Forgotten with the
/// process, and by any failure: then it is read whole again.
/// </summary>
public sealed class ImportMemory
{
    /// <summary>Only a whole listing shows what is not there any more.</summary>
    internal static readonly TimeSpan WholeEvery = TimeSpan.FromDays(1);

    /// <summary>The registry's clock is not ours, and what it writes may show late.</summary>
    internal static readonly TimeSpan Overlap = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Read> _reads = [];

    private sealed record Read(string Definition, DateTimeOffset WholeAt, DateTimeOffset At);

    /// <summary>Null when it is to be read whole.</summary>
    internal DateTimeOffset? ChangesSince(ImportDefinition import, DateTimeOffset now) =>
        _reads.TryGetValue(import.Name, out var read) && read.Definition == TextOf(import) && now - read.WholeAt < WholeEvery && now >= read.At ? read.At - Overlap : null;

    /// <param name="at">When the reading began.</param>
    internal void WasRead(ImportDefinition import, bool changesOnly, DateTimeOffset at) =>
        _reads[import.Name] = new Read(TextOf(import), changesOnly && _reads.TryGetValue(import.Name, out var read) ? read.WholeAt : at, at);

    internal void Forget(ImportDefinition import) => _reads.TryRemove(import.Name, out _);

    /// <summary>A definition in words: a file that is applied again makes new objects of the same words.</summary>
    public static string TextOf(ImportDefinition import) => $"{import with { Deny = [] }}\n{string.Join('\n', import.Deny)}";
}
