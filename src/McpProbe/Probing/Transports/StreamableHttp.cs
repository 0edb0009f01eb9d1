using McpProbe.Drift.Specification;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Transports;

/// <summary>Streamable HTTP (specification 2025-03-26 and later, Transports): each message is a POST, its answer JSON or events.</summary>
internal sealed class StreamableHttp(HttpConnection connection, RequestHeaders headers, ProbeRun run) : IMcpConnection
{
    /// <summary>A stream of a deadline's length, resumed at once each time, would never end otherwise.</summary>
    private const int MostResumptions = 32;

    private readonly Uri _url = run.Url;
    private readonly ReplyReader _replies = new(connection, run);
    private string? _sessionId;
    private string? _negotiated;
    private int _answers;

    public TransportKind Kind => TransportKind.StreamableHttp;

    /// <summary>What the server named the session; null when it named none.</summary>
    public string? SessionId => _sessionId;

    /// <summary>The last event before the newest reply, where that came in a stream that can be resumed; null where it did not.</summary>
    public string? LastEventId { get; private set; }

    /// <summary>Goes on with a session that another connection opened.</summary>
    public void Continue(string sessionId, string version) => (_sessionId, _negotiated) = (sessionId, version);

    public Task<JsonRpcReply> RequestAsync(McpRequest request, CancellationToken cancellationToken) => ProbeTrace.IsWanted(run.Endpoint)
        ? ProbeTrace.RequestAsync(run, Kind, request, AskAsync, cancellationToken)
        : AskAsync(request, cancellationToken);

    private async Task<JsonRpcReply> AskAsync(McpRequest request, CancellationToken cancellationToken)
    {
        var started = run.Time.GetTimestamp();
        using var response = await PostAsync(request, cancellationToken);
        if (request.Id is McpRequest.InitializeId && response.IsSuccessStatusCode
            && response.Headers.NonValidated.TryGetValues("Mcp-Session-Id", out var values))
        {
            _sessionId = values.ToString();
            if (_sessionId.AsSpan().IndexOfAnyExceptInRange('!', '~') is >= 0 || _sessionId.Length == 0)
                run.Break(SpecRules.SessionId, request.Method, ". Clients cannot send it back as it is.");
        }

        var position = new EventStreamPosition();
        var version = request.ProtocolVersion;
        var (reply, broken) = await ReadAsync(response, request.Id!.Value, version, position, cancellationToken);
        run.LogAnswer("POST", request.Method, response, started);
        LastEventId = position.LastEventId;

        for (var left = MostResumptions; left > 0 && (broken is not null || reply?.Refusal?.Kind is FailureKind.NoReply); left--)
        {
            if (position.LastEventId is null || !IsHandshakeEra(version))
                break;

            await Task.Delay(position.Retry, run.Time, cancellationToken);
            using var resumed = await ResumeAsync(position.LastEventId, version, cancellationToken);
            if (HttpRefusal.IsFinal((int)resumed.StatusCode))
                return JsonRpcReply.OfRefusal(request.Id.Value, await HttpRefusal.ReadAsync(resumed, run, cancellationToken));
            if (!resumed.IsSuccessStatusCode || !ReplyReader.IsEventStream(ReplyReader.MediaTypeOf(resumed, run)))
                break;
            (reply, broken) = await ReadAsync(resumed, request.Id.Value, version, position, cancellationToken);
        }

        return reply ?? throw new ProbeFailedException(broken!);
    }

    /// <summary>
    /// Sends a request and, when nothing came back for a while, a second one beside it: a server of the older era may let one wait
    /// that it does not know. The first is waited for none the less, for a server that only starts slowly answers both.
    /// </summary>
    /// <returns>The first one's reply, if there is one in time; the second one's result otherwise. The reply's id tells which it is.</returns>
    public async Task<JsonRpcReply> RequestEitherAsync(
        McpRequest first, McpRequest second, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var one = RequestAsync(first, ending.Token);
        while (true)
        {
            try
            {
                return await one.WaitAsync(patience, run.Time, CancellationToken.None);
            }
            catch (TimeoutException) when (connection.Step is null)
            {
                break;
            }
            catch (TimeoutException)
            {
                // It was not even sent: that is no silence of the server's.
                patience = TimeSpan.FromMilliseconds(Math.Max(50, run.Deadline.Remaining.TotalMilliseconds / 2));
            }
        }

        run.Log($"POST {first.Method} -> no answer yet; sending {second.Method} too");
        using var secondEnding = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var two = RequestAsync(second, secondEnding.Token);
        try
        {
            if (await Task.WhenAny(one, two) == two && two.IsCompletedSuccessfully && await two is { Result.IsEmpty: false })
            {
                // Where the server has just woken up, the first one's reply is on its way too.
                await Task.WhenAny(one, Task.Delay(run.Deadline.Remaining / 8, run.Time, cancellationToken));
                if (!one.IsCompletedSuccessfully || await one is not ({ Result.IsEmpty: false } or { Error.IsStateless: true }))
                    return await two;
                return await OneAloneAsync();
            }

            try
            {
                await one;
            }
            catch (ProbeFailedException)
            {
                // It broke; what the server says to the other request tells more.
                return await two;
            }

            return await OneAloneAsync();
        }
        catch (OperationCanceledException) when (run.Deadline.HasExpired)
        {
            // The first was sent long ago: a connection that the second still waited for is not the matter.
            throw new ProbeFailedException(run.Deadline.ToFailure(run.Phase, run.Server));
        }
        finally
        {
            await EndAsync(one, ending);
            await EndAsync(two, secondEnding);
        }

        // The second one may have opened a session meanwhile, which is none of the first one's.
        async Task<JsonRpcReply> OneAloneAsync()
        {
            await EndAsync(two, secondEnding);
            await CloseAsync(cancellationToken);
            _sessionId = null;
            return await one;
        }

        async Task EndAsync(Task<JsonRpcReply> request, CancellationTokenSource its)
        {
            if (request.IsCompleted)
                return;
            await its.CancelAsync();
            await ((Task)request).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (request.IsCompletedSuccessfully)
                (await request).Dispose();
        }
    }

    public Task NotifyAsync(McpRequest notification, CancellationToken cancellationToken) => ProbeTrace.IsWanted(run.Endpoint)
        ? ProbeTrace.NotifyAsync(run, Kind, notification, TellAsync, cancellationToken)
        : TellAsync(notification, cancellationToken);

    private async Task TellAsync(McpRequest notification, CancellationToken cancellationToken)
    {
        var started = run.Time.GetTimestamp();
        using var response = await PostAsync(notification, cancellationToken);
        run.LogAnswer("POST", notification.Method, response, started);
        if (!response.IsSuccessStatusCode)
            throw new ProbeFailedException(await HttpRefusal.ReadAsync(response, run, cancellationToken));
    }

    /// <summary>Asks whether the server goes on with a stream after an event; what comes on it is not read.</summary>
    /// <returns>The status, and whether it is an event stream.</returns>
    public async Task<(int Status, bool IsStream)> CanResumeAsync(string lastEventId, string version, CancellationToken cancellationToken)
    {
        using var response = await ResumeAsync(lastEventId, version, cancellationToken);
        return ((int)response.StatusCode, response.IsSuccessStatusCode && ReplyReader.IsEventStream(ReplyReader.MediaTypeOf(response, run)));
    }

    /// <summary>Sends a request whose answer is a stream that stays open; the caller reads it, and disposes of it.</summary>
    public Task<HttpResponseMessage> OpenStreamAsync(McpRequest request, CancellationToken cancellationToken) => PostAsync(request, cancellationToken);

    public bool HasSession => _sessionId is not null;

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_sessionId is null)
            return;

        var started = run.Time.GetTimestamp();
        try
        {
            using var request = NewRequest(HttpMethod.Delete, _negotiated);
            using var response = await connection.SendAsync(request, cancellationToken);
            run.LogAnswer("DELETE", "session", response, started);
        }
        catch (Exception error) when (error is ProbeFailedException or OperationCanceledException)
        {
            run.Log($"DELETE session failed after {run.Since(started)}: {error.Message}");
        }
    }

    /// <summary>Holds nothing but the HTTP connection, which is the attempt's.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The reply; or, where the connection broke in the middle of it, the failure that this is unless the stream can be resumed.</summary>
    private async ValueTask<(JsonRpcReply? Reply, Failure? Broken)> ReadAsync(
        HttpResponseMessage response, int id, string? version, EventStreamPosition position, CancellationToken cancellationToken)
    {
        try
        {
            return (await _replies.ReadAsync(response, id, position, (request, token) => AnswerAsync(request, version, token), cancellationToken), null);
        }
        catch (ProbeFailedException failed) when (failed.Failure.Kind is FailureKind.Reset)
        {
            return (null, failed.Failure);
        }
    }

    // The request is not disposed of: it holds an array, and nothing to give back.
    private Task<HttpResponseMessage> PostAsync(McpRequest message, CancellationToken cancellationToken)
    {
        // Which of the two eras the session is in, its closing request tells too.
        _negotiated = message.ProtocolVersion;
        var request = NewPost(run.Endpoint.As is { } client ? message.ToJsonAs(client) : message.ToJson(), message.ProtocolVersion);
        if (!IsHandshakeEra(message.ProtocolVersion))
            request.Headers.TryAddWithoutValidation("Mcp-Method", message.Method);
        for (var i = 0; i < message.Headers.Count; i++)
            request.Headers.TryAddWithoutValidation(message.Headers[i].Key, message.Headers[i].Value);
        return connection.SendAsync(request, cancellationToken);
    }

    /// <summary>Asks for what came after an event (specification 2025-11-25, Resumability and Redelivery).</summary>
    private async Task<HttpResponseMessage> ResumeAsync(string lastEventId, string? version, CancellationToken cancellationToken)
    {
        var started = run.Time.GetTimestamp();
        using var request = NewRequest(HttpMethod.Get, version);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var response = await connection.SendAsync(request, cancellationToken);
        run.LogAnswer("GET", "rest of the event stream", response, started);
        return response;
    }

    /// <summary>Answers a request of the server's own. What the server makes of the answer shows in the reply that is waited for.</summary>
    private async Task AnswerAsync(ServerRequest request, string? version, CancellationToken cancellationToken)
    {
        if (!IsHandshakeEra(version) || _answers++ >= ServerRequest.MostAnswers)
            return;

        using var post = NewPost(request.ToAnswer(), version);
        using var response = await connection.SendAsync(post, cancellationToken);
        run.Log($"POST answer to the server's request -> {(int)response.StatusCode}");
    }

    private HttpRequestMessage NewPost(byte[] json, string? version)
    {
        var request = NewRequest(HttpMethod.Post, version);
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        request.Content = new ByteArrayContent(json);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        return request;
    }

    /// <summary>Streams can be resumed, and servers send requests, in the handshake era alone.</summary>
    private static bool IsHandshakeEra(string? version) => version is null || ProtocolVersions.EraOf(version) is Era.Handshake;

    private HttpRequestMessage NewRequest(HttpMethod method, string? version)
    {
        var request = new HttpRequestMessage(method, _url);
        headers.AddTo(request);
        if (_sessionId is not null)
            request.Headers.TryAddWithoutValidation("Mcp-Session-Id", _sessionId);
        if (version is not null && ProtocolVersions.HasHeader(version))
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", version);
        return request;
    }
}
