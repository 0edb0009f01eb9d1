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

    private readonly Uri _url = run.Endpoint.Url!;
    private readonly ReplyReader _replies = new(connection, run);
    private string? _sessionId;
    private string? _protocolVersion;
    private int _answers;

    public TransportKind Kind => TransportKind.StreamableHttp;

    /// <summary>Streams can be resumed, and servers send requests, in the handshake era alone.</summary>
    private bool IsHandshakeEra => _protocolVersion is null || ProtocolVersions.EraOf(_protocolVersion) is Era.Handshake;

    public async Task<JsonRpcReply> RequestAsync(McpRequest request, CancellationToken cancellationToken)
    {
        var started = run.Time.GetTimestamp();
        using var response = await PostAsync(request, cancellationToken);
        if (request.Id is McpRequest.InitializeId && response.IsSuccessStatusCode
            && response.Headers.NonValidated.TryGetValues("Mcp-Session-Id", out var values))
            _sessionId = values.ToString();

        var position = new EventStreamPosition();
        var (reply, broken) = await ReadAsync(response, request.Id!.Value, position, cancellationToken);
        run.LogAnswer("POST", request.Method, response, started);

        for (var left = MostResumptions; left > 0 && (broken is not null || reply?.Refusal?.Kind is FailureKind.NoReply); left--)
        {
            if (position.LastEventId is null || !IsHandshakeEra)
                break;

            await Task.Delay(position.Retry, run.Time, cancellationToken);
            using var resumed = await ResumeAsync(position.LastEventId, cancellationToken);
            if (HttpRefusal.IsFinal((int)resumed.StatusCode))
                return JsonRpcReply.OfRefusal(request.Id.Value, HttpRefusal.ToFailure(resumed, run));
            if (!resumed.IsSuccessStatusCode || !ReplyReader.IsEventStream(ReplyReader.MediaTypeOf(resumed)))
                break;
            (reply, broken) = await ReadAsync(resumed, request.Id.Value, position, cancellationToken);
        }

        return reply ?? throw new ProbeFailedException(broken!);
    }

    public async Task NotifyAsync(McpRequest notification, CancellationToken cancellationToken)
    {
        var started = run.Time.GetTimestamp();
        using var response = await PostAsync(notification, cancellationToken);
        run.LogAnswer("POST", notification.Method, response, started);
        if (!response.IsSuccessStatusCode)
            throw new ProbeFailedException(HttpRefusal.ToFailure(response, run));
    }

    public bool HasSession => _sessionId is not null;

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_sessionId is null)
            return;

        var started = run.Time.GetTimestamp();
        try
        {
            using var request = NewRequest(HttpMethod.Delete);
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
        HttpResponseMessage response, int id, EventStreamPosition position, CancellationToken cancellationToken)
    {
        try
        {
            return (await _replies.ReadAsync(response, id, position, AnswerAsync, cancellationToken), null);
        }
        catch (ProbeFailedException failed) when (failed.Failure.Kind is FailureKind.Reset)
        {
            return (null, failed.Failure);
        }
    }

    // The request is not disposed of: it holds an array, and nothing to give back.
    private Task<HttpResponseMessage> PostAsync(McpRequest message, CancellationToken cancellationToken)
    {
        _protocolVersion = message.ProtocolVersion;
        var request = NewPost(message.ToJson());
        if (!IsHandshakeEra)
            request.Headers.TryAddWithoutValidation("Mcp-Method", message.Method);
        for (var i = 0; i < message.Headers.Count; i++)
            request.Headers.TryAddWithoutValidation(message.Headers[i].Key, message.Headers[i].Value);
        return connection.SendAsync(request, cancellationToken);
    }

    /// <summary>Asks for what came after an event (specification 2025-11-25, Resumability and Redelivery).</summary>
    private async Task<HttpResponseMessage> ResumeAsync(string lastEventId, CancellationToken cancellationToken)
    {
        var started = run.Time.GetTimestamp();
        using var request = NewRequest(HttpMethod.Get);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var response = await connection.SendAsync(request, cancellationToken);
        run.LogAnswer("GET", "rest of the event stream", response, started);
        return response;
    }

    /// <summary>Answers a request of the server's own. What the server makes of the answer shows in the reply that is waited for.</summary>
    private async Task AnswerAsync(ServerRequest request, CancellationToken cancellationToken)
    {
        if (!IsHandshakeEra || _answers++ >= ServerRequest.MostAnswers)
            return;

        using var post = NewPost(request.ToAnswer());
        using var response = await connection.SendAsync(post, cancellationToken);
        run.Log($"POST answer to the server's request -> {(int)response.StatusCode}");
    }

    private HttpRequestMessage NewPost(byte[] json)
    {
        var request = NewRequest(HttpMethod.Post);
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        request.Content = new ByteArrayContent(json);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        return request;
    }

    private HttpRequestMessage NewRequest(HttpMethod method)
    {
        var request = new HttpRequestMessage(method, _url);
        headers.AddTo(request);
        if (_sessionId is not null)
            request.Headers.TryAddWithoutValidation("Mcp-Session-Id", _sessionId);
        if (_protocolVersion is not null && ProtocolVersions.HasHeader(_protocolVersion))
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", _protocolVersion);
        return request;
    }
}
