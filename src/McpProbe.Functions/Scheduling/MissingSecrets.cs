using System.Collections.Concurrent;
using McpProbe.Endpoints;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Scheduling;

/// <summary>
/// Tells once, with the first list of endpoints that this instance sees and for each one that comes later, which of them miss a secret
/// here. A location of its own may have other settings: what it misses shows in its results.
/// </summary>
public sealed class MissingSecrets(ILogger<MissingSecrets> log)
{
    private const int MostTold = 100;

    private readonly ConcurrentDictionary<(string Endpoint, string Secret), bool> _told = [];

    public void Tell(IEnumerable<Endpoint> endpoints)
    {
        foreach (var endpoint in endpoints.Where(each => each is { Paused: false, HasCredentials: true }))
        {
            foreach (var secret in EndpointSecrets.Missing(endpoint, UnresolvedSecrets.FromEnvironment))
            {
                if (_told.Count < MostTold && _told.TryAdd((endpoint.Id, secret), true))
                    Log.SecretMissing(log, endpoint.Id, secret);
            }
        }
    }
}
