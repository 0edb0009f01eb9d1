namespace McpProbe.Probing;

/// <summary>Streamable HTTP (specification 2025-03-26 and later, Transports): each message is a POST, its answer JSON or events.</summary>
internal sealed class StreamableHttp(HttpConnection connection, RequestHeaders headers, ProbeRun run) : IMcpConnection
{
    private readonly Uri _url = run.Endpoint.Url!;
    private readonly ReplyReader _replies = new(connection, run);
    private string? _sessionId;
    private string? _protocolVersion;

    public TransportKind Kind => TransportKind.StreamableHttp;

    public async Task<JsonRpcReply> RequestAsync(McpRequest request, CancellationToken cancellationToken)
    {
        var started = run.Time.GetTimestamp();
        using var response = await PostAsync(request, cancellationToken);
        var reply = await _replies.ReadAsync(response, request.Id!.Value, cancellationToken);
        run.Log($"POST {request.Method} -> {(int)response.StatusCode} in {run.Since(started)}");

        if (request.Id is McpRequest.InitializeId && response.IsSuccessStatusCode
            && response.Headers.NonValidated.TryGetValues("Mcp-Session-Id", out var values))
            _sessionId = values.ToString();
        return reply;
    }

    public async Task NotifyAsync(McpRequest notification, CancellationToken cancellationToken)
    {
        var started = run.Time.GetTimestamp();
        using var response = await PostAsync(notification, cancellationToken);
        run.Log($"POST {notification.Method} -> {(int)response.StatusCode} in {run.Since(started)}");
        if (!response.IsSuccessStatusCode)
            throw new ProbeFailedException(HttpRefusal.ToFailure(response, run));
    }

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_sessionId is null)
            return;

        var started = run.Time.GetTimestamp();
        try
        {
            using var request = NewRequest(HttpMethod.Delete, _protocolVersion);
            using var response = await connection.SendAsync(request, cancellationToken);
            run.Log($"DELETE session -> {(int)response.StatusCode} in {run.Since(started)}");
        }
        catch (Exception error) when (error is ProbeFailedException or OperationCanceledException)
        {
            run.Log($"DELETE session failed after {run.Since(started)}: {error.Message}");
        }
    }

    /// <summary>Holds nothing but the HTTP connection, which is the attempt's.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<HttpResponseMessage> PostAsync(McpRequest message, CancellationToken cancellationToken)
    {
        _protocolVersion = message.ProtocolVersion;
        using var request = NewRequest(HttpMethod.Post, message.ProtocolVersion);
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        if (message.ProtocolVersion is { } version && ProtocolVersions.EraOf(version) is Era.Stateless)
            request.Headers.TryAddWithoutValidation("Mcp-Method", message.Method);
        request.Content = new ByteArrayContent(message.ToJson());
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        return await connection.SendAsync(request, cancellationToken);
    }

    private HttpRequestMessage NewRequest(HttpMethod method, string? protocolVersion)
    {
        var request = new HttpRequestMessage(method, _url);
        headers.AddTo(request);
        if (_sessionId is not null)
            request.Headers.TryAddWithoutValidation("Mcp-Session-Id", _sessionId);
        if (protocolVersion is not null && ProtocolVersions.HasHeader(protocolVersion))
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", protocolVersion);
        return request;
    }
}
