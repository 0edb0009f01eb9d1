using System.Collections.Concurrent;
using System.Text;

namespace McpProbe.Monitoring;

/// <summary>
/// What a store's definitions were read as. Reading one costs far more than fetching it, and schedulers and pages read all of
/// them, over and over.
/// </summary>
public sealed class DefinitionCache
{
    private readonly ConcurrentDictionary<string, (string Json, RegisteredEndpoint Read)> _known = [];

    /// <param name="unreadable">Told of a definition that does not validate, each time it has changed.</param>
    public RegisteredEndpoint Read(
        string id, string definition, EndpointSource source, long generation, WatchedPeriod watched, Action<RegisteredEndpoint>? unreadable = null)
    {
        if (_known.TryGetValue(id, out var known) && known.Json == definition
            && (known.Read.Source, known.Read.Generation, known.Read.Watched) == (source, generation, watched))
            return known.Read;

        var read = RegisteredEndpoint.Read(id, Encoding.UTF8.GetBytes(definition), source, generation) with { Watched = watched };
        if (read.Mistakes is not null)
            unreadable?.Invoke(read);
        _known[id] = (definition, read);
        return read;
    }

    /// <summary>What it was read from; null where nobody read it.</summary>
    public string? TextOf(string id) => _known.TryGetValue(id, out var known) ? known.Json : null;

    public void Forget(string id) => _known.TryRemove(id, out _);
}
