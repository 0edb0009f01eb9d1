using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Transports;

/// <summary>
/// HTTP+SSE of 2024-11-05: a GET opens a stream, whose first event names the address to POST to; answers come on the stream.
/// </summary>
internal sealed class LegacySse : IMcpConnection
{
    /// <summary>The event that names the address to POST to.</summary>
    public const string EndpointEvent = "endpoint";

    private readonly HttpConnection _connection;
    private readonly RequestHeaders _headers;
    private readonly ProbeRun _run;
    private readonly HttpResponseMessage _response;
    private readonly LimitedStream _body;
    private readonly CancellationTokenSource _reading;
    private readonly IAsyncEnumerator<SseItem<Event>> _events;
    private Uri _postUrl;
    private int? _awaited;
    private int _answers;
    private int _strays;

    private LegacySse(HttpConnection connection, RequestHeaders headers, ProbeRun run, HttpResponseMessage response, Stream body, CancellationToken deadline)
    {
        (_connection, _headers, _run, _response) = (connection, headers, run, response);
        _body = new LimitedStream(body, run.Limits.ResponseBytes) { Ending = "\n\n"u8.ToArray() };
        _reading = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        _events = SseParser.Create(_body, Parse).EnumerateAsync(_reading.Token).GetAsyncEnumerator(CancellationToken.None);
        _postUrl = run.Url;
    }

    public TransportKind Kind => TransportKind.HttpSse;

    /// <summary>Opens the stream and waits for the <c>endpoint</c> event.</summary>
    /// <param name="deadline">Ends the stream too, for it is read under this token.</param>
    /// <returns>The open stream; null when the answer is not one, with the reason.</returns>
    /// <exception cref="ProbeFailedException">The server cannot be reached, or names an address on another origin.</exception>
    public static async Task<(LegacySse? Connection, Failure? Refusal)> OpenAsync(
        HttpConnection connection, RequestHeaders headers, ProbeRun run, CancellationToken deadline)
    {
        var started = run.Time.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Get, run.Url);
        headers.AddTo(request);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        var response = await connection.SendAsync(request, deadline);
        run.Log($"GET event stream -> {(int)response.StatusCode} in {run.Since(started)}");

        if (await RefusalAsync(response, run, deadline) is { } refusal)
        {
            response.Dispose();
            return (null, refusal);
        }

        var opened = new LegacySse(connection, headers, run, response, await response.Content.ReadAsStreamAsync(deadline), deadline);
        try
        {
            await opened.ReadEndpointAsync();
            return (opened, null);
        }
        catch (Exception error)
        {
            await opened.DisposeAsync();
            if (error is not ProbeFailedException && connection.ToFailure(error) is { } failure)
                throw new ProbeFailedException(failure);
            throw;
        }
    }

    public Task<JsonRpcReply> RequestAsync(McpRequest request, CancellationToken cancellationToken) => ProbeTrace.IsWanted(_run.Endpoint)
        ? ProbeTrace.RequestAsync(_run, Kind, request, AskAsync, cancellationToken)
        : AskAsync(request, cancellationToken);

    private async Task<JsonRpcReply> AskAsync(McpRequest request, CancellationToken cancellationToken)
    {
        var started = _run.Time.GetTimestamp();
        _awaited = request.Id;
        _body.Reset();

        // The answer may come before the POST is answered, and a server may answer the POST only once the answer was read.
        var reply = ReadReplyAsync(request.Id!.Value);
        try
        {
            await PostAsync(request, cancellationToken);
        }
        catch
        {
            // No answer will come; how the read of the stream ends does not matter.
            await _reading.CancelAsync();
            await ((Task)reply).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        var answer = await reply;
        _run.Log($"event {request.Method} -> {(answer.Error is null ? "result" : "error")} in {_run.Since(started)}");
        return answer;
    }

    public Task NotifyAsync(McpRequest notification, CancellationToken cancellationToken) => ProbeTrace.IsWanted(_run.Endpoint)
        ? ProbeTrace.NotifyAsync(_run, Kind, notification, PostAsync, cancellationToken)
        : PostAsync(notification, cancellationToken);

    public bool HasSession => false;

    /// <summary>The session is the stream, which <see cref="DisposeAsync"/> closes.</summary>
    public Task CloseAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        await _body.DisposeAsync();
        _response.Dispose();
        _reading.Dispose();
    }

    private static async Task<Failure?> RefusalAsync(HttpResponseMessage response, ProbeRun run, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
            return await HttpRefusal.ReadAsync(response, run, cancellationToken);

        var mediaType = ReplyReader.MediaTypeOf(response, run);
        return ReplyReader.IsEventStream(mediaType)
            ? null
            : new Failure(FailureKind.NotMcp, run.Phase,
                $"{run.Server} answered GET with {(mediaType is null ? "no named type" : run.Foreign(mediaType))}, not an event stream; check the URL's path and the endpoint's transport.");
    }

    private async Task ReadEndpointAsync()
    {
        while (await _events.MoveNextAsync())
        {
            if (_events.Current.Data.PostAddress is not { } address)
                continue;

            var url = _run.Url;
            if (!Uri.TryCreate(url, address, out var postUrl))
                throw new ProbeFailedException(FailureKind.NotMcp, $"The event stream of {_run.Server} names an address that is not a URL; look at the server's configuration.");
            if (!Origin.AreSame(postUrl, url))
                throw new ProbeFailedException(FailureKind.CrossOrigin,
                    $"The event stream of {_run.Server} names an address on another origin ({_run.Foreign(Origin.Of(postUrl))}), where nothing was sent; make the server name its own origin.");
            _postUrl = postUrl;
            return;
        }

        throw new ProbeFailedException(FailureKind.NotMcp, $"{_run.Server} ended the event stream without naming the address to post to; check the URL's path.");
    }

    private async Task<JsonRpcReply> ReadReplyAsync(int id)
    {
        try
        {
            while (await _events.MoveNextAsync())
            {
                var message = _events.Current.Data.Message;
                if (message.Reply is { } reply && reply.Id == id)
                    return reply;
                if (message.Stray is { } stray && ++_strays > ServerMessage.MostStrays)
                    throw new ProbeFailedException(stray);
                if (message.Request is { } request && _answers++ < ServerRequest.MostAnswers)
                    await SendAsync("answer to the server's request", request.ToAnswer(), null, _reading.Token);
            }
        }
        catch (Exception error) when (_connection.ToFailure(error) is { } failure)
        {
            throw new ProbeFailedException(failure);
        }

        return JsonRpcReply.OfRefusal(id, new Failure(FailureKind.NoReply, _run.Phase,
            $"{_run.Server} ended the event stream without the reply; look at the server's log for what it did with the request."));
    }

    private async Task PostAsync(McpRequest message, CancellationToken cancellationToken)
    {
        if (await SendAsync(message.Method, _run.Endpoint.As is { } client ? message.ToJsonAs(client) : message.ToJson(), message.ProtocolVersion, cancellationToken) is { } refusal)
            throw new ProbeFailedException(refusal);
    }

    /// <returns>How the server refused it; null when it did not.</returns>
    private async Task<Failure?> SendAsync(string what, byte[] json, string? protocolVersion, CancellationToken cancellationToken)
    {
        var started = _run.Time.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, _postUrl);
        _headers.AddTo(request);
        if (protocolVersion is { } version && ProtocolVersions.HasHeader(version))
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", version);
        request.Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var response = await _connection.SendAsync(request, cancellationToken);
        _run.LogAnswer("POST", what, response, started);
        return response.IsSuccessStatusCode ? null : await HttpRefusal.ReadAsync(response, _run, cancellationToken);
    }

    private Event Parse(string type, ReadOnlySpan<byte> data)
    {
        if (type == EndpointEvent)
            return new Event(PostAddress: Encoding.UTF8.GetString(data).Trim());
        return _awaited is { } id && type == SseParser.EventTypeDefault && !data.IsEmpty
            ? new Event(Message: ReplyReader.ReadMessage(data, id, _run))
            : default;
    }

    private readonly record struct Event(string? PostAddress = null, ServerMessage Message = default);
}
