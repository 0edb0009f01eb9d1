using System.Collections.Concurrent;
using McpProbe.Endpoints;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Net;

/// <summary>
/// Connections of a prober that keeps them alive. Each serves one attempt at a time, so that attempts cannot disturb one another;
/// tokens and headers go with the requests; a client certificate goes with the connection, and so is part of its key.
/// </summary>
internal sealed class ConnectionPool : IDisposable
{
    /// <summary>Idle connections to one server; more are not worth their memory.</summary>
    private const int MostIdle = 256;

    private readonly ConcurrentDictionary<ConnectionKey, ConcurrentQueue<HttpConnection>> _idle = new();
    private volatile bool _disposed;

    /// <summary>A connection for one attempt: one that an earlier attempt has left, or a new one.</summary>
    public HttpConnection Rent(ProbeRun run, ConnectTarget target, TlsMaterial tls)
    {
        if (!_idle.TryGetValue(ConnectionKey.Of(run.Endpoint, target, tls), out var idle) || !idle.TryDequeue(out var connection))
            return new HttpConnection(run, target, tls, run.Endpoint.Insecure);

        connection.Begin(run);
        return connection;
    }

    /// <summary>Takes a connection back from an attempt that went well, and is over.</summary>
    public void Return(HttpConnection connection, Endpoint endpoint)
    {
        var idle = _idle.GetOrAdd(ConnectionKey.Of(endpoint, connection.Target, connection.Tls), static _ => []);
        if (idle.Count >= MostIdle)
            connection.Dispose();
        else
            idle.Enqueue(connection);
        if (_disposed)
            Dispose();
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (var idle in _idle.Values)
        {
            while (idle.TryDequeue(out var connection))
                connection.Dispose();
        }
    }

    /// <summary>All that a connection depends on: where it leads, who is expected there, and what we show of ourselves.</summary>
    private readonly record struct ConnectionKey(string Scheme, string Host, int Port, ConnectTarget Target, bool Insecure, string Tls)
    {
        public static ConnectionKey Of(Endpoint endpoint, ConnectTarget target, TlsMaterial tls)
        {
            var url = endpoint.Url!;
            return new(url.Scheme, url.IdnHost, url.Port, target, endpoint.Insecure, tls.Fingerprint);
        }
    }
}
