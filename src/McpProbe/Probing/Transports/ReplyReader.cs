using System.Net.ServerSentEvents;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Transports;

/// <summary>Reads the answer to a POST: one JSON body, or a stream of server-sent events that holds it (specification, Streamable HTTP).</summary>
internal sealed class ReplyReader(HttpConnection connection, ProbeRun run)
{
    private static ReadOnlySpan<byte> Utf8Bom => [0xEF, 0xBB, 0xBF];

    /// <param name="position">Moves along an event stream, so that it can be resumed after the last event that was read.</param>
    /// <param name="answer">Called with each request of the server's own.</param>
    /// <exception cref="ProbeFailedException">The connection broke, or a limit was met.</exception>
    public async ValueTask<JsonRpcReply> ReadAsync(
        HttpResponseMessage response,
        int id,
        EventStreamPosition position,
        Func<ServerRequest, CancellationToken, Task> answer,
        CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (HttpRefusal.IsFinal(status))
            return JsonRpcReply.OfRefusal(id, HttpRefusal.ToFailure(response, run));

        try
        {
            await using var body = new LimitedStream(
                await response.Content.ReadAsStreamAsync(cancellationToken), run.Limits.ResponseBytes);
            if (!response.IsSuccessStatusCode)
                return await ReadErrorAsync(response, body, id, cancellationToken);

            // What the handler decompressed, it took off the list.
            if (response.Content.Headers.NonValidated.Contains("Content-Encoding")
                && response.Content.Headers.ContentEncoding.FirstOrDefault(coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)) is { } coding)
                return Refusal(id, FailureKind.NotMcp,
                    $"The answer is compressed with {run.Foreign(coding)}, which the request does not accept; look at what stands in front of the server.");

            var mediaType = MediaTypeOf(response);
            return IsEventStream(mediaType)
                ? await ReadEventsAsync(body, id, position, answer, cancellationToken)
                : await ReadBodyAsync(body, id, mediaType, cancellationToken);
        }
        catch (Exception error) when (connection.ToFailure(error) is { } failure)
        {
            throw new ProbeFailedException(failure);
        }
    }

    /// <summary>Null when the answer names none, or none that can be read.</summary>
    public static string? MediaTypeOf(HttpResponseMessage response)
    {
        const string Usual = "application/json";
        return response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) && values.ToString() is Usual
            ? Usual : response.Content.Headers.ContentType?.MediaType;
    }

    public static bool IsEventStream(string? mediaType) =>
        mediaType is not null && mediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>What one message is to the request, as a reply with bytes of its own; neither for what can be ignored.</summary>
    /// <exception cref="ProbeFailedException">The message is not JSON-RPC.</exception>
    public static ServerMessage ReadMessage(ReadOnlySpan<byte> data, int id, int maxDepth)
    {
        var envelope = JsonRpcEnvelope.Read(data, id, maxDepth);
        switch (envelope.Kind)
        {
            case EnvelopeKind.Result:
                var copy = PooledBuffer.Copy(data[envelope.Result]);
                return new(Reply: JsonRpcReply.OfResult(id, copy.Memory, copy));
            case EnvelopeKind.Error:
                return new(Reply: JsonRpcReply.OfError(id, envelope.Error!));
            case EnvelopeKind.Request:
                return new(Request: new ServerRequest(data[envelope.Id].ToArray(), envelope.IsPing));
            case EnvelopeKind.Other:
                return default;
            default:
                throw new ProbeFailedException(NotAMessage(envelope.Kind, maxDepth));
        }
    }

    private static Failure NotAMessage(EnvelopeKind kind, int maxDepth) => kind is EnvelopeKind.NotJson
        ? new(FailureKind.BadJson, null,
            $"The answer is not valid JSON, or nested deeper than {maxDepth} levels; look at what the server writes.")
        : new(FailureKind.NotMcp, null, "The answer is JSON, but not a JSON-RPC message; check that the URL names an MCP endpoint.");

    /// <summary>A refusing status may carry a JSON-RPC error, which says more than the status.</summary>
    private async Task<JsonRpcReply> ReadErrorAsync(HttpResponseMessage response, Stream body, int id, CancellationToken cancellationToken)
    {
        using var content = await PooledBuffer.ReadToEndAsync(body, cancellationToken);
        var envelope = JsonRpcEnvelope.Read(content.Memory.Span, id, run.Limits.JsonDepth);
        return envelope.Kind is EnvelopeKind.Error
            ? JsonRpcReply.OfError(id, envelope.Error!, (int)response.StatusCode)
            : JsonRpcReply.OfRefusal(id, HttpRefusal.ToFailure(response, run));
    }

    private async ValueTask<JsonRpcReply> ReadBodyAsync(Stream body, int id, string? mediaType, CancellationToken cancellationToken)
    {
        var content = await PooledBuffer.ReadToEndAsync(body, cancellationToken);
        var reply = Reply(content, id, mediaType);
        if (reply.Result.IsEmpty)
            content.Dispose();
        return reply;
    }

    private JsonRpcReply Reply(PooledBuffer content, int id, string? mediaType)
    {
        var bytes = content.Memory;
        if (bytes.Span.StartsWith(Utf8Bom))
            bytes = bytes[Utf8Bom.Length..];
        if (bytes.IsEmpty)
            return NoReply(id, "The answer is empty");
        if (mediaType is null || !IsJson(mediaType))
            return Refusal(id, FailureKind.NotMcp,
                $"The answer is {(mediaType is null ? "of no named type" : run.Foreign(mediaType))}, not JSON or an event stream; check that the URL names an MCP endpoint.");

        // What has the bytes of the last time is what it was then, and need not be looked at.
        var recognised = run.Recognise?.Invoke(bytes);
        if (recognised is (var known, { } page))
            return JsonRpcReply.OfResult(id, bytes[page], content, new WholeMessage(known, page));

        var envelope = JsonRpcEnvelope.Read(bytes.Span, id, run.Limits.JsonDepth);
        return envelope.Kind switch
        {
            EnvelopeKind.Result => JsonRpcReply.OfResult(
                id, bytes[envelope.Result], content, recognised is var (digest, _) ? new WholeMessage(digest, envelope.Result) : null),
            EnvelopeKind.Error => JsonRpcReply.OfError(id, envelope.Error!),
            EnvelopeKind.Request or EnvelopeKind.Other => NoReply(id, "The answer is a message, but not the reply to the request (its id differs)"),
            _ => JsonRpcReply.OfRefusal(id, NotAMessage(envelope.Kind, run.Limits.JsonDepth) with { Phase = run.Phase }),
        };
    }

    private async Task<JsonRpcReply> ReadEventsAsync(
        Stream body, int id, EventStreamPosition position, Func<ServerRequest, CancellationToken, Task> answer, CancellationToken cancellationToken)
    {
        var maxDepth = run.Limits.JsonDepth;
        // Events without data prime a client for reconnecting; events of other types are not messages.
        var parser = SseParser.Create(body, (type, data) =>
            data.IsEmpty || type != SseParser.EventTypeDefault ? default : ReadMessage(data, id, maxDepth));
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
        {
            position.MoveTo(item.EventId, parser.ReconnectionInterval);
            if (item.Data.Reply is { } reply)
                return reply;
            if (item.Data.Request is { } request)
                await answer(request, cancellationToken);
        }

        return NoReply(id, "The event stream ended without the reply");
    }

    private static bool IsJson(string mediaType) =>
        mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase);

    private JsonRpcReply NoReply(int id, string what) =>
        Refusal(id, FailureKind.NoReply, what + "; look at the server's log for what it did with the request.");

    private JsonRpcReply Refusal(int id, FailureKind kind, string message) =>
        JsonRpcReply.OfRefusal(id, new Failure(kind, run.Phase, message));
}
