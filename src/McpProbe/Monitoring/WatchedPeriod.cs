namespace McpProbe.Monitoring;

/// <summary>The time in which an endpoint's probes are expected: outside of it a missing one is no gap.</summary>
/// <param name="Since">When it was created, or resumed; null when that is not known.</param>
/// <param name="Until">When it was paused; null while it is watched.</param>
public sealed record WatchedPeriod(DateTimeOffset? Since, DateTimeOffset? Until)
{
    public static readonly WatchedPeriod Unknown = new(null, null);

    /// <summary>The period once the endpoint is put: only a creation, a pause and a resumption change it.</summary>
    /// <param name="before">Null for an endpoint that is new.</param>
    public static WatchedPeriod After(RegisteredEndpoint? before, bool paused, DateTimeOffset now) => (before, paused) switch
    {
        (null, _) => new(now, paused ? now : null),
        ({ Endpoint.Paused: false, Watched: var watched }, true) => watched with { Until = now },
        ({ Endpoint.Paused: true }, false) => new(now, null),
        ({ Watched: var watched }, _) => watched,
    };
}
