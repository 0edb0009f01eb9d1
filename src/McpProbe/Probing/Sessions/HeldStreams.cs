using System.Collections.Concurrent;
using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Probing.Sessions;

/// <summary>
/// The open streams of a process that lives long enough to hold some: one an endpoint. A stream that nobody has looked at for a while
/// ends by itself, so that one of an endpoint that is paused, deleted or moved is not held for ever.
/// </summary>
public sealed class HeldStreams : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, HeldStream> _streams = new();

    /// <summary>The longest time between two looks at an endpoint's stream.</summary>
    internal static TimeSpan PatienceOf(Endpoint endpoint) => 3 * endpoint.Interval + TimeSpan.FromMinutes(1);

    /// <summary>How the endpoint's stream is; given up where this process has none: another one opened it.</summary>
    internal async Task<SessionLook> LookAsync(Endpoint endpoint)
    {
        if (!_streams.TryGetValue(KeyOf(endpoint), out var stream))
            return new SessionLook(SessionAnswer.GivenUp);
        var look = stream.Look();
        if (look.Answer is not SessionAnswer.Survived)
            await CloseAsync(endpoint);
        return look;
    }

    internal async Task HoldAsync(Endpoint endpoint, HeldStream stream)
    {
        await CloseAsync(endpoint);
        _streams[KeyOf(endpoint)] = stream;
    }

    internal async Task CloseAsync(Endpoint endpoint)
    {
        if (_streams.TryRemove(KeyOf(endpoint), out var stream))
            await stream.DisposeAsync();
    }

    /// <summary>Closes all.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var key in _streams.Keys)
        {
            if (_streams.TryRemove(key, out var stream))
                await stream.DisposeAsync();
        }
    }

    private static string KeyOf(Endpoint endpoint) => $"{endpoint.Id} {WatchedTarget.Of(endpoint)}";
}
