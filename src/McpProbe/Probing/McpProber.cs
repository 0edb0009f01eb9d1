using McpProbe.Catalog;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Run;
using McpProbe.Probing.Sessions;
using McpProbe.Probing.Tools;
using McpProbe.Probing.Transports;

namespace McpProbe.Probing;

/// <summary>
/// Probes an MCP server the way its clients use it: connect, find the era, complete the handshake, read the whole catalogue,
/// judge the conditions, close the session.
/// </summary>
public sealed class McpProber : IDisposable
{
    private readonly ConnectionPool? _connections;
    private readonly Credentials _credentials = new();
    private readonly CatalogMemory _catalogs = new();
    private readonly EraMemory _eras = new();
    private readonly TimeProvider _time;
    private readonly Attempt _attempt;
    private readonly ProberOptions? _options;
    private volatile bool _warm;

    public McpProber(ProberOptions options, TimeProvider time)
        : this(time, (endpoint, deadline, reuse) => AttemptAsync(endpoint, options, time, deadline, reuse))
    {
        _connections = options.KeepAlive ? new ConnectionPool() : null;
        _options = options;
    }

    /// <summary>A prober whose attempts are made by something else than a client of MCP: a year of probes can be simulated.</summary>
    internal McpProber(TimeProvider time, Attempt attempt)
    {
        _time = time;
        _attempt = attempt;
    }

    /// <summary>Asks a server once. Every outcome is a value.</summary>
    internal delegate Task<ProbeResult> Attempt(Endpoint endpoint, Deadline deadline, Reuse reuse);

    /// <summary>One attempt. Every outcome is a value, a cancelled token included (kind <c>cancelled</c>); it throws for bugs only.</summary>
    public async Task<ProbeResult> ProbeAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(endpoint.Timeout, _time, cancellationToken);
        var span = ProbeTrace.Begin(endpoint);
        var result = await _attempt(endpoint, deadline, Reuse(_connections, storedHash: null));
        ProbeTrace.End(span, result);
        return result;
    }

    /// <summary>
    /// A watched probe: a failure other than a time-out is confirmed by one more attempt within the same deadline. Probes that
    /// begin before this prober's first has ended are marked cold: they time our own start, and are held to no latency budget.
    /// </summary>
    /// <param name="storedHash">
    /// Gives, for a protocol version, the hash of the catalogue whose content the caller has stored and would not need again; null
    /// for none. A server that sends the bytes of the last time, which made that catalogue, does not have them parsed again: the
    /// result is the same, but for its <see cref="ProbeResult.Snapshot"/>, which is null. Null has every catalogue parsed.
    /// </param>
    /// <param name="era">The era of the endpoint's baseline; null when it has none. What this prober saw last outranks it.</param>
    public async Task<ProbeResult> ProbeConfirmedAsync(
        Endpoint endpoint, Func<string, string?>? storedHash, CancellationToken cancellationToken, Era? era = null)
    {
        var span = ProbeTrace.Begin(endpoint);
        var result = await ConfirmAsync(endpoint, storedHash, era, cancellationToken);
        ProbeTrace.End(span, result);
        return result;
    }

    private async Task<ProbeResult> ConfirmAsync(Endpoint endpoint, Func<string, string?>? storedHash, Era? era, CancellationToken cancellationToken)
    {
        var cold = !_warm;
        using var deadline = new Deadline(endpoint.Timeout, _time, cancellationToken);
        var watched = cold ? WithoutBudgets(endpoint) : endpoint;
        var first = await _attempt(watched, deadline, Reuse(_connections, storedHash, era));
        if (cold)
            first = first with { Cold = true };
        _warm = true;
        if (!IsWorthConfirming(first.Failure))
            return first;

        // On a connection of its own: the failure may be that of a kept one.
        var second = await _attempt(watched, deadline, Reuse(null, storedHash, era));
        return second with { Attempts = 2, Cold = cold, Log = [.. first.Log, "confirming", .. second.Log] };
    }

    /// <summary>
    /// Looks at the session that a canary holds, or opens one: at most one request, but for the two of a handshake. Null where there is
    /// nothing to look at.
    /// </summary>
    /// <param name="held">What the caller keeps of it; null for none.</param>
    /// <param name="probed">The probe of the same slot: it has reached the server, and knows what it speaks.</param>
    /// <param name="streams">Holds streams, in a process that lives on between probes; null where none does.</param>
    public async Task<SessionLook?> LookAsync(
        Endpoint endpoint, HeldSession? held, ProbeResult probed, DateTimeOffset slot, TimeSpan patience, HeldStreams? streams,
        CancellationToken cancellationToken)
    {
        if (_options is null || endpoint.Url is null)
            return null;
        using var deadline = new Deadline(patience, _time, cancellationToken);
        using var visit = Visit(endpoint, deadline);
        if (!endpoint.Canary)
        {
            await CloseAsync(endpoint, held, streams, visit);
            return held is null ? null : new SessionLook(SessionAnswer.GivenUp);
        }

        if (held is { Stream: true })
            return streams is null ? new SessionLook(SessionAnswer.GivenUp) : await streams.LookAsync(endpoint);
        if (held is not null)
            return await visit.AskAsync(held, slot);
        if (probed.Transport is TransportKind.HttpSse)
            return Without("The server speaks HTTP+SSE of 2024-11-05, whose session is its stream: no canary is held there.");
        if (probed.Era is Era.Handshake)
            return await visit.OpenAsync(slot, probed.ProtocolVersion!);
        if (streams is null)
            return Without("The server speaks a revision without sessions, and where McpProbe runs here (Azure) nothing is held between two probes, so no stream of subscriptions/listen can be. Watch it from one machine for that.");
        var (look, stream) = await visit.ListenAsync(slot, probed.ProtocolVersion!, HeldStreams.PatienceOf(endpoint));
        if (stream is not null)
            await streams.HoldAsync(endpoint, stream);
        return look;

        static SessionLook Without(string why) => new(SessionAnswer.Without) { Detail = why };
    }

    /// <summary>Ends a session that this prober opened and nobody will look at, politely; its failure does not matter.</summary>
    public async Task CloseAsync(Endpoint endpoint, HeldSession held, HeldStreams? streams, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(endpoint.Timeout, _time, cancellationToken);
        using var visit = Visit(endpoint, deadline);
        await CloseAsync(endpoint, held, streams, visit);
    }

    private static async Task CloseAsync(Endpoint endpoint, HeldSession? held, HeldStreams? streams, SessionVisit visit)
    {
        if (held is { Id: not null })
            await visit.CloseAsync(held);
        else if (streams is not null)
            await streams.CloseAsync(endpoint);
    }

    /// <summary>The tokens that a model reads of a catalogue, as results count them.</summary>
    /// <param name="canonical"><see cref="ToolCatalog.Canonical"/>.</param>
    /// <exception cref="ArgumentException">It is not the canonical document of a catalogue.</exception>
    public long CountTokens(ReadOnlyMemory<byte> canonical)
    {
        Func<ReadOnlyMemory<byte>, int> count = _options is null ? TokenEstimate.Of : _options.Tokens;
        return StoredTools.Read(canonical).Tools.Sum(tool => (long)count(tool.Json));
    }

    /// <summary>A visit for a session, with this prober's credentials.</summary>
    internal SessionVisit Visit(Endpoint endpoint, Deadline deadline) =>
        new(endpoint, _options!, _time, deadline, _credentials.Tls, _credentials.Tokens);

    /// <summary>Closes the connections that were kept.</summary>
    public void Dispose() => _connections?.Dispose();

    /// <summary>One attempt, and another one where an OAuth token of an earlier probe has been revoked since: a client would get a new one too.</summary>
    private static async Task<ProbeResult> AttemptAsync(
        Endpoint endpoint, ProberOptions options, TimeProvider time, Deadline deadline, Reuse reuse)
    {
        ProbeResult first;
        await using (var attempt = new ProbeAttempt(endpoint, options, time, deadline, reuse))
        {
            first = await attempt.RunAsync();
            if (attempt is not { IsTokenRefused: true, Sent.Cached: true })
                return first;
        }

        await using var again = new ProbeAttempt(endpoint, options, time, deadline, reuse);
        var second = await again.RunAsync();
        return second with { Log = [.. first.Log, "the token of an earlier probe was refused; trying a new one", .. second.Log] };
    }

    private Reuse Reuse(ConnectionPool? connections, Func<string, string?>? storedHash, Era? era = null) =>
        new(_credentials, connections, _catalogs, _eras, storedHash, era);

    /// <summary>Our own slow start is no fault of the server's.</summary>
    private static Endpoint WithoutBudgets(Endpoint endpoint) =>
        endpoint with { Conditions = endpoint.Conditions with { Budgets = LatencyBudgets.None } };

    /// <summary>
    /// Time-outs have used up the deadline, an immediate repeat cannot change what was asked for or configured, and a slow answer is
    /// an answer: a repeat would only hide it.
    /// </summary>
    private static bool IsWorthConfirming(Failure? failure) => failure is not null && failure.Kind is not
        (FailureKind.Timeout or FailureKind.ConnectTimeout or FailureKind.Gated or FailureKind.AuthFailed or FailureKind.HostRefused or FailureKind.Config
        or FailureKind.Cancelled or FailureKind.Budget or FailureKind.ToolsUsable);
}
