using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using McpProbe.Configuration;
using McpProbe.Endpoints;

namespace McpProbe.Monitoring;

/// <summary>
/// What a store's definitions were read as. Reading one costs far more than fetching it, and schedulers and pages read all of
/// them, over and over.
/// </summary>
/// <param name="keepTexts">Keeps what each was read from, for <see cref="TextOf"/>; else a digest is kept of it.</param>
public sealed class DefinitionCache(bool keepTexts = false)
{
    private readonly ConcurrentDictionary<string, (UInt128 Digest, string? Text, RegisteredEndpoint Read)> _known = [];

    /// <summary>
    /// Definitions that probably stand in the store, by id: whose text is the same is taken from here, instead of being read once more. A
    /// large fleet then starts sooner, and is in memory once.
    /// </summary>
    public IReadOnlyDictionary<string, Endpoint>? Expected { get; set; }

    /// <param name="unreadable">Told of a definition that does not validate, each time it has changed.</param>
    public RegisteredEndpoint Read(
        string id, string definition, EndpointSource source, long generation, WatchedPeriod watched, Action<RegisteredEndpoint>? unreadable = null)
    {
        var digest = DigestOf(definition);
        if (_known.TryGetValue(id, out var known) && known.Digest == digest
            && (known.Read.Source, known.Read.Generation, known.Read.Watched) == (source, generation, watched))
            return known.Read;

        var read = Expected is not null && Expected.TryGetValue(id, out var expected) && EndpointJson.ToJson(expected) == definition
            ? new RegisteredEndpoint(expected, source) { Generation = generation, Watched = watched }
            : RegisteredEndpoint.Read(id, Encoding.UTF8.GetBytes(definition), source, generation) with { Watched = watched };
        if (read.Mistakes is not null)
            unreadable?.Invoke(read);
        _known[id] = (digest, keepTexts ? definition : null, read);
        return read;
    }

    /// <summary>What it was read from; null where nobody read it.</summary>
    public string? TextOf(string id) => _known.TryGetValue(id, out var known) ? known.Text : null;

    public void Forget(string id) => _known.TryRemove(id, out _);

    private static UInt128 DigestOf(string definition)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(definition.AsSpan()), digest);
        return MemoryMarshal.Read<UInt128>(digest);
    }
}
