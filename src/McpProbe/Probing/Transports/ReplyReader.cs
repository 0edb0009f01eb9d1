using System.Net.ServerSentEvents;
using McpProbe.Drift.Findings;
using McpProbe.Drift.Specification;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Transports;

/// <summary>Reads the answer to a POST: one JSON body, or a stream of server-sent events that holds it (specification, Streamable HTTP).</summary>
internal sealed class ReplyReader(HttpConnection connection, ProbeRun run)
{
    private static readonly byte[] EndOfEvent = "\n\n"u8.ToArray();

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

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
            return JsonRpcReply.OfRefusal(id, await HttpRefusal.ReadAsync(response, run, cancellationToken));

        try
        {
            var mediaType = MediaTypeOf(response, run);
            var isEvents = IsEventStream(mediaType);
            await using var body = new LimitedStream(
                await response.Content.ReadAsStreamAsync(cancellationToken), run.Limits.ResponseBytes)
            { Ending = isEvents ? EndOfEvent : default };
            if (!response.IsSuccessStatusCode)
                return await ReadErrorAsync(response, body, id, cancellationToken);

            // What the handler decompressed, it took off the list.
            if (response.Content.Headers.NonValidated.Contains("Content-Encoding")
                && response.Content.Headers.ContentEncoding.FirstOrDefault(coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)) is { } coding)
                return Refusal(id, FailureKind.NotMcp,
                    $"{run.Server} answered compressed with {run.Foreign(coding)}, which the request does not accept; look at what stands in front of the server.");

            return isEvents
                ? await ReadEventsAsync(body, id, position, answer, cancellationToken)
                : await ReadBodyAsync(response, body, id, mediaType, cancellationToken);
        }
        catch (Exception error) when (connection.ToFailure(error) is { } failure)
        {
            throw new ProbeFailedException(failure);
        }
    }

    /// <summary>
    /// Null when the answer names none. Clients look only for the name in the header: what comes after a comma or a semicolon, as
    /// in <c>application/json;</c> or a type that two layers have set, is overlooked.
    /// </summary>
    public static string? MediaTypeOf(HttpResponseMessage response, ProbeRun run)
    {
        const string Json = "application/json";
        if (!response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values))
            return null;
        var header = values.ToString();
        if (header is Json)
            return Json;
        if (response.Content.Headers.ContentType?.MediaType is { } wellFormed)
            return wellFormed;

        var end = header.AsSpan().IndexOfAny(',', ';');
        var name = (end < 0 ? header : header[..end]).Trim();
        if (!name.Equals(Json, StringComparison.OrdinalIgnoreCase) && !IsEventStream(name))
            return null;
        run.Note(FindingRules.InteropContentType, WireNames.Of(run.Phase),
            $" ('{run.Foreign(header)}'). Clients that look for the name in it go on; those that parse it take the answer for none.");
        return name;
    }

    public static bool IsEventStream(string? mediaType) =>
        mediaType is not null && mediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>What one message is to the request, as a reply with bytes of its own; neither for what can be ignored.</summary>
    public static ServerMessage ReadMessage(ReadOnlySpan<byte> data, int id, ProbeRun run)
    {
        data = WithoutMark(data, run);
        var envelope = JsonRpcEnvelope.Read(data, id, run.Limits.JsonDepth);
        NoteEnvelope(envelope, run);
        switch (envelope.Kind)
        {
            case EnvelopeKind.Result:
                var copy = PooledBuffer.Copy(data[envelope.Result]);
                return new(Reply: JsonRpcReply.OfResult(id, copy.Memory, copy));
            case EnvelopeKind.Error:
                return new(Reply: JsonRpcReply.OfError(id, envelope.Error!));
            case EnvelopeKind.Request:
                run.Break(SpecRules.StreamRequest, WireNames.Of(run.Phase), ". Clients of this revision have no answer to one.");
                return new(Request: new ServerRequest(data[envelope.Id].ToArray(), envelope.IsPing));
            case EnvelopeKind.Other:
                return default;
            default:
                // Heartbeats, for the most part.
                run.Note(FindingRules.InteropStray, WireNames.Of(run.Phase), " (events of an event stream). Clients overlook them; some write an error for each to their log.");
                return new(Stray: NotAMessage(envelope.Kind, run));
        }
    }

    /// <summary>The bytes of a message without a byte order mark, which JSON does not have (RFC 8259, 8.1).</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> message, ProbeRun run)
    {
        if (!message.StartsWith(ByteOrderMark))
            return message;
        run.Note(FindingRules.InteropByteOrderMark, WireNames.Of(run.Phase), ". JSON has none (RFC 8259); clients that do not overlook it see no message there.");
        return message[ByteOrderMark.Length..];
    }

    /// <summary>Notes what is odd, or against the specification, in how a message is wrapped.</summary>
    public static void NoteEnvelope(in JsonRpcEnvelope envelope, ProbeRun run)
    {
        if (envelope is { Kind: EnvelopeKind.Error, Error: { } error })
        {
            if (error.Fault is { } fault)
                run.Break(SpecRules.Error, WireNames.Of(run.Phase), $": {fault}. Clients throw it away, and report something else.");
            else if (error.IsReserved)
                run.Break(SpecRules.ErrorCode, WireNames.Of(run.Phase), $" ({error.Code}). Clients of a later revision will take it for something else.");
        }

        if (envelope.IsOddId)
            run.Note(FindingRules.InteropId, WireNames.Of(run.Phase), " (2 as 2.0 or 2e0). Clients that read ids as integers find no request for it, and wait until their time is up.");
    }

    /// <summary>The answer to one POST can be for nothing but its request; a stream that several requests share tells nothing.</summary>
    private static void NoteBody(in JsonRpcEnvelope envelope, ProbeRun run)
    {
        NoteEnvelope(envelope, run);
        if (envelope.IsForeign)
            run.Break(SpecRules.Id, WireNames.Of(run.Phase), ": the answer names another. No client finds it.");
        else if (envelope is { IsWithoutId: true, Kind: EnvelopeKind.Error, Error: { IsOfMethod: true, Fault: null } })
            run.Break(SpecRules.Id, WireNames.Of(run.Phase), ": an error has none, though the request could be read. Clients wait for the answer until their time is up.");
    }

    private static Failure NotAMessage(EnvelopeKind kind, ProbeRun run) => kind is EnvelopeKind.NotJson
        ? new(FailureKind.BadJson, run.Phase,
            $"{run.Server} answered with what is not valid JSON, or is nested deeper than {run.Limits.JsonDepth} levels; look at what the server writes.")
        : new(FailureKind.NotMcp, run.Phase, $"{run.Server} answered with JSON that is no JSON-RPC message; check that the URL names an MCP endpoint.");

    /// <summary>A refusing status may carry a JSON-RPC error, which says more than the status.</summary>
    private async Task<JsonRpcReply> ReadErrorAsync(HttpResponseMessage response, Stream body, int id, CancellationToken cancellationToken)
    {
        using var content = await PooledBuffer.ReadToEndAsync(body, cancellationToken);
        var envelope = JsonRpcEnvelope.Read(WithoutMark(content.Memory.Span, run), id, run.Limits.JsonDepth);
        NoteBody(envelope, run);
        return envelope.Kind is EnvelopeKind.Error
            ? JsonRpcReply.OfError(id, envelope.Error!, (int)response.StatusCode)
            : JsonRpcReply.OfRefusal(id, HttpRefusal.ToFailure(response, run, RefusalBody.Text(content.Memory.Span)));
    }

    private async ValueTask<JsonRpcReply> ReadBodyAsync(HttpResponseMessage response, Stream body, int id, string? mediaType, CancellationToken cancellationToken)
    {
        var content = await PooledBuffer.ReadToEndAsync(body, cancellationToken);
        // A firewall may say of its challenge that it is accepted.
        var reply = content.Length == 0 && WebFirewall.MarkIn(response) is not null
            ? JsonRpcReply.OfRefusal(id, HttpRefusal.ToFailure(response, run))
            : Reply(content, id, mediaType);
        if (reply.Result.IsEmpty)
            content.Dispose();
        return reply;
    }

    private JsonRpcReply Reply(PooledBuffer content, int id, string? mediaType)
    {
        var bytes = content.Memory;
        bytes = bytes[^WithoutMark(bytes.Span, run).Length..];
        if (bytes.IsEmpty)
            return NoReply(id, "sent an empty answer");
        if (mediaType is null || !IsJson(mediaType))
        {
            if (JsonRpcEnvelope.Read(bytes.Span, id, run.Limits.JsonDepth).Kind is EnvelopeKind.Result or EnvelopeKind.Error)
                run.Break(SpecRules.ContentType, WireNames.Of(run.Phase), $" ({(mediaType is null ? "it names no type" : run.Foreign(mediaType))}). Clients refuse the answer.");
            return Refusal(id, FailureKind.NotMcp,
                $"{run.Server} answered with {(mediaType is null ? "no named type" : run.Foreign(mediaType))}, not JSON or an event stream; check that the URL names an MCP endpoint.");
        }

        // What has the bytes of the last time is what it was then, and need not be looked at.
        var recognised = run.Recognise?.Invoke(bytes);
        if (recognised is (var known, { } page))
            return JsonRpcReply.OfResult(id, bytes[page], content, new WholeMessage(known, page));

        var envelope = JsonRpcEnvelope.Read(bytes.Span, id, run.Limits.JsonDepth);
        NoteBody(envelope, run);
        return envelope.Kind switch
        {
            // What was noted of it is noted anew each time, so it is read each time.
            EnvelopeKind.Result => JsonRpcReply.OfResult(
                id, bytes[envelope.Result], content,
                recognised is var (digest, _) && !envelope.IsOddId ? new WholeMessage(digest, envelope.Result) : null),
            EnvelopeKind.Error => JsonRpcReply.OfError(id, envelope.Error!),
            EnvelopeKind.Request or EnvelopeKind.Other => NoReply(id, "answered with a message that is not the reply to the request (its id differs)"),
            _ => JsonRpcReply.OfRefusal(id, NotAMessage(envelope.Kind, run)),
        };
    }

    private async Task<JsonRpcReply> ReadEventsAsync(
        LimitedStream body, int id, EventStreamPosition position, Func<ServerRequest, CancellationToken, Task> answer, CancellationToken cancellationToken)
    {
        // Events without data prime a client for reconnecting; events of other types are not messages.
        var parser = SseParser.Create(body, (type, data) =>
            type == LegacySse.EndpointEvent ? new ServerMessage(Stray: OfLegacySse())
            : data.IsEmpty || type != SseParser.EventTypeDefault ? default
            : ReadMessage(data, id, run));
        Failure? stray = null;
        var strays = 0;
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
        {
            if (item.Data.Reply is { } reply)
            {
                if (body.HasEnded)
                    run.Note(FindingRules.InteropUnfinishedEvent, WireNames.Of(run.Phase), ". Clients that go by the letter of the standard drop that event.");
                return reply;
            }

            // Cut off rather than ended: it is still to come.
            if (body.HasEnded)
                break;
            position.MoveTo(item.EventId, parser.ReconnectionInterval);
            if (item.Data.Request is { } request)
                await answer(request, cancellationToken);
            if (item.Data.Stray is not { } other)
                continue;
            stray ??= other;
            if (other.Kind is FailureKind.WrongTransport || ++strays > ServerMessage.MostStrays)
                return JsonRpcReply.OfRefusal(id, other);
        }

        // A stream that can be resumed is not over yet.
        return stray is not null && position.LastEventId is null
            ? JsonRpcReply.OfRefusal(id, stray)
            : NoReply(id, "ended the event stream without the reply");
    }

    private Failure OfLegacySse() => new(FailureKind.WrongTransport, run.Phase,
        $"{run.Server} opened an event stream of HTTP+SSE (2024-11-05) to a POST; set the endpoint's transport to sse, or leave it at auto.");

    private static bool IsJson(string mediaType) =>
        mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase);

    private JsonRpcReply NoReply(int id, string what) =>
        Refusal(id, FailureKind.NoReply, $"{run.Server} {what}; look at the server's log for what it did with the request.");

    private JsonRpcReply Refusal(int id, FailureKind kind, string message) =>
        JsonRpcReply.OfRefusal(id, new Failure(kind, run.Phase, message));
}
