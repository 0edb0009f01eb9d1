using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.OAuth;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Probing.Transports;

namespace McpProbe.Probing.Sessions;

/// <summary>
/// One visit for a session, over a connection of its own: opens one, asks in one, ends one. The session itself lives in its id, which
/// the next visit, or the next question of this one, is given. Keeps to all rules of a probe: addresses, limits, its deadline, credentials for one origin.
/// </summary>
internal sealed class SessionVisit(
    Endpoint endpoint, ProberOptions options, TimeProvider time, Deadline deadline, TlsMaterialCache trust, AccessTokens tokens) : IDisposable
{
    /// <summary>A session's id is kept in a row of the store.</summary>
    private const int LongestId = 512;

    /// <summary>Above the ids of a probe's own requests. No id of a session comes twice: they count its seconds.</summary>
    private const int FirstId = 1_000;

    private readonly ProbeRun _run = new(endpoint, options, time, deadline);
    private HttpConnection? _http;

    /// <summary>The handshake era: <c>initialize</c>, confirmed.</summary>
    /// <param name="version">What to offer: what the server just spoke with a probe.</param>
    public Task<SessionLook> OpenAsync(DateTimeOffset slot, string version) => VisitAsync(async mcp =>
    {
        using var reply = await mcp.RequestAsync(McpRequest.Initialize(version), deadline.Token);
        var words = ServerWords.Read(reply.ResultOrThrow("initialize", _run).Span, _run.Limits.JsonDepth);
        if (words.ProtocolVersion is not { } negotiated || !ProtocolVersions.IsKnown(negotiated) || ProtocolVersions.EraOf(negotiated) is not Era.Handshake)
            return new SessionLook(SessionAnswer.Untold);
        await mcp.NotifyAsync(McpRequest.Initialized(negotiated), deadline.Token);
        return mcp.SessionId switch
        {
            null => new(SessionAnswer.Without) { Detail = "The server gives no session id: each request stands alone, so no session can be cut." },
            { Length: 0 or > LongestId } odd => new(SessionAnswer.Without)
            {
                Detail = string.Create(CultureInfo.InvariantCulture, $"The server's session id has {odd.Length} characters; one of 1 to {LongestId} can be kept."),
            },
            var id => new(SessionAnswer.Opened) { Opened = new HeldSession(slot, negotiated) { Id = id } },
        };
    });

    /// <summary>One request in the session: <c>tools/list</c>; once, where the server gave ids of events, whether a stream can be resumed.</summary>
    /// <param name="slot">No two questions of a session have the same second.</param>
    public Task<SessionLook> AskAsync(HeldSession held, DateTimeOffset slot) => VisitAsync(async mcp =>
    {
        mcp.Continue(held.Id!, held.ProtocolVersion);
        if (held is { LastEventId: { } last, Resumed: null, Doubts: 0 })
            return await ResumeAsync(mcp, held, last);
        _run.Phase = Phase.Catalog;
        var id = FirstId + (int)Math.Clamp((slot - held.Since).TotalSeconds, 0, int.MaxValue - FirstId);
        using var reply = await mcp.RequestAsync(McpRequest.List(id, "tools/list", held.ProtocolVersion), deadline.Token);
        return SessionReplies.Of(reply) with { LastEventId = mcp.LastEventId };
    });

    /// <summary>The stateless era: <c>subscriptions/listen</c>.</summary>
    /// <returns>The stream, open, where the server acknowledged it.</returns>
    public async Task<(SessionLook Look, HeldStream? Stream)> ListenAsync(DateTimeOffset slot, string version, TimeSpan patience)
    {
        HeldStream? stream = null;
        var look = await VisitAsync(
            async mcp =>
            {
                (var answer, stream) = await HeldStream.OpenAsync(mcp, _http!, _run, version, patience, deadline.Token);
                return answer with { Opened = answer.Answer is SessionAnswer.Opened ? new HeldSession(slot, version) { Stream = true, Tells = stream!.Tells } : null };
            },
            keepsWatch: true);
        // The connection is the stream's from now on.
        if (stream is not null)
            _http = null;
        return (look, stream);
    }

    /// <summary>Ends a session politely; its failure does not matter.</summary>
    public Task CloseAsync(HeldSession held) => VisitAsync(async mcp =>
    {
        mcp.Continue(held.Id!, held.ProtocolVersion);
        await mcp.CloseAsync(deadline.Token);
        return new SessionLook(SessionAnswer.GivenUp);
    });

    public void Dispose() => _http?.Dispose();

    private static async Task<SessionLook> ResumeAsync(StreamableHttp mcp, HeldSession held, string last, CancellationToken cancellationToken)
    {
        var (status, isStream) = await mcp.CanResumeAsync(last, held.ProtocolVersion, cancellationToken);
        return status switch
        {
            404 => new(SessionAnswer.Ended) { Detail = "HTTP 404" },
            // The next question tells of the session.
            >= 429 => new(SessionAnswer.Untold),
            _ => new(SessionAnswer.Survived) { Resumed = isStream, Detail = isStream ? null : string.Create(CultureInfo.InvariantCulture, $"HTTP {status}") },
        };
    }

    private Task<SessionLook> ResumeAsync(StreamableHttp mcp, HeldSession held, string last) => ResumeAsync(mcp, held, last, deadline.Token);

    private async Task<SessionLook> VisitAsync(Func<StreamableHttp, Task<SessionLook>> ask, bool keepsWatch = false)
    {
        try
        {
            if (options.Refusal(endpoint) is not null)
                return new SessionLook(SessionAnswer.Untold);
            var way = await HttpWay.FindAsync(_run, trust, tokens, deadline.Token);
            _http ??= new HttpConnection(_run, way.Target, way.Tls, endpoint.Insecure) { KeepsWatch = keepsWatch };
            var look = await ask(new StreamableHttp(_http, way.Headers, _run));
            return look with { Address = _http.Address?.ToString() };
        }
        catch (ProbeFailedException failed)
        {
            return SessionReplies.OfFailure(failed.Failure with { Phase = failed.Failure.Phase ?? _http?.Step ?? _run.Phase });
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or HttpRequestException or InvalidDataException && deadline.Token.IsCancellationRequested)
        {
            return SessionReplies.OfFailure(deadline.ToFailure(_http?.Step ?? _run.Phase, _run.Server));
        }
    }
}
