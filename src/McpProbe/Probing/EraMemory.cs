using System.Collections.Concurrent;
using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Probing;

/// <summary>Which era each endpoint was found to speak, so that one slow or failing answer does not make it another's.</summary>
internal sealed class EraMemory
{
    /// <summary>About 200 bytes each. Past this all are forgotten: each era is then found out once more.</summary>
    private const int MostEndpoints = 128 * 1024;

    /// <summary>Failed handshakes in a row after which an endpoint's era is looked for as if nothing was known of it.</summary>
    private const int MostMisses = 3;

    private static readonly KnownEra Stateless = new(Era.Stateless, InitializeFirst: false, Misses: 0);
    private static readonly KnownEra Handshake = new(Era.Handshake, InitializeFirst: false, Misses: 0);
    private static readonly KnownEra HandshakeOnly = new(Era.Handshake, InitializeFirst: true, Misses: 0);

    // Endpoints that are asked for on demand share an id.
    private readonly ConcurrentDictionary<(string Id, string Target), KnownEra> _known = new();

    /// <param name="recorded">What the caller knows of it, from a baseline; what was seen since outranks it.</param>
    /// <returns>Null when its era is not known.</returns>
    public KnownEra? Find(Endpoint endpoint, Era? recorded)
    {
        if (_known.IsEmpty || !_known.TryGetValue(KeyOf(endpoint), out var known))
            return recorded switch { Era.Stateless => Stateless, Era.Handshake => Handshake, _ => null };
        return known.Misses < MostMisses ? known : null;
    }

    /// <param name="before">What was known of it.</param>
    /// <param name="initializeFirst">Whether the server did not survive, or did not answer, any other first message.</param>
    public void Remember(Endpoint endpoint, KnownEra? before, Era era, bool initializeFirst)
    {
        var now = era is Era.Stateless ? Stateless : initializeFirst ? HandshakeOnly : Handshake;
        if (now != before)
            Set(endpoint, now);
    }

    /// <summary>Its handshake failed.</summary>
    public void Miss(Endpoint endpoint, KnownEra? before)
    {
        if (before is not null)
            Set(endpoint, before with { Misses = before.Misses + 1 });
    }

    private void Set(Endpoint endpoint, KnownEra known)
    {
        // Roughly counted, and seldom: only what changes is set.
        if (_known.Count >= MostEndpoints)
            _known.Clear();
        _known[KeyOf(endpoint)] = known;
    }

    private static (string Id, string Target) KeyOf(Endpoint endpoint) => (endpoint.Id, endpoint.Url?.OriginalString ?? endpoint.Target);
}

/// <param name="InitializeFirst">Ask with <c>initialize</c> at once.</param>
/// <param name="Misses">Failed handshakes in a row since.</param>
internal sealed record KnownEra(Era Era, bool InitializeFirst, int Misses);
