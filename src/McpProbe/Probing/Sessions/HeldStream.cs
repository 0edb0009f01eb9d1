using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Probing.Transports;

namespace McpProbe.Probing.Sessions;

/// <summary>
/// A stream of <c>subscriptions/listen</c> that stays open (specification 2026-07-28, Subscriptions). The server ends it properly by a
/// reply to the request before it closes it; without one it was dropped. Whoever no longer looks loses it.
/// </summary>
internal sealed class HeldStream : IAsyncDisposable
{
    private const int Id = 1;

    /// <summary>Events between two looks; a server that sends more is not listened to any longer.</summary>
    private const int MostEvents = 1_000;

    private readonly HttpConnection _http;
    private readonly HttpResponseMessage _response;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _ending;
    private readonly TaskCompletionSource<bool> _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private LimitedStream? _body;
    private SessionLook? _end;
    private int _events;
    private int _listChanges;
    private volatile bool _tells;

    private HeldStream(HttpConnection http, HttpResponseMessage response, ProbeLimits limits, TimeSpan patience, TimeProvider time)
    {
        (_http, _response, _patience) = (http, response, patience);
        _ending = new CancellationTokenSource(patience, time);
        _reading = ReadAsync(limits);
    }

    /// <summary>Whether the server agreed to tell when its list of tools changes.</summary>
    public bool Tells => _tells;

    /// <summary>Sends the request, and waits until the server has acknowledged it.</summary>
    /// <param name="patience">The longest time between two looks.</param>
    public static async Task<(SessionLook Look, HeldStream? Stream)> OpenAsync(
        StreamableHttp mcp, HttpConnection http, ProbeRun run, string version, TimeSpan patience, CancellationToken cancellationToken)
    {
        var response = await mcp.OpenStreamAsync(McpRequest.Listen(Id, version), cancellationToken);
        if (!response.IsSuccessStatusCode || !ReplyReader.IsEventStream(ReplyReader.MediaTypeOf(response, run)))
        {
            using (response)
                return (NotOffered((int)response.StatusCode), null);
        }

        var stream = new HeldStream(http, response, run.Limits, patience, run.Time);
        try
        {
            if (await stream._acknowledged.Task.WaitAsync(cancellationToken))
                return (new SessionLook(SessionAnswer.Opened), stream);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }

        await stream.DisposeAsync();
        return (NotOffered((int)response.StatusCode), null);
    }

    /// <summary>How it is now; renews the patience.</summary>
    public SessionLook Look()
    {
        if (Volatile.Read(ref _end) is { } end)
            return end;
        _ending.CancelAfter(_patience);
        Volatile.Write(ref _events, 0);
        _body?.Reset();
        return new SessionLook(SessionAnswer.Survived) { ListChanges = Interlocked.Exchange(ref _listChanges, 0), Address = _http.Address?.ToString() };
    }

    /// <summary>Closes the stream, which is how a client ends a subscription.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _reading;
        _ending.Dispose();
    }

    private static SessionLook NotOffered(int status) => status is 429 or >= 500 ? new(SessionAnswer.Untold) : new(SessionAnswer.Without)
    {
        Detail = string.Create(CultureInfo.InvariantCulture, $"The server speaks a revision without sessions, and answers subscriptions/listen with no stream (HTTP {status}): there is nothing to hold."),
    };

    private async Task ReadAsync(ProbeLimits limits)
    {
        try
        {
            await using var body = _body = new LimitedStream(await _response.Content.ReadAsStreamAsync(_ending.Token), limits.ResponseBytes);
            var parser = SseParser.Create(body, (_, data) => Hear(data, limits.JsonDepth));
            await foreach (var heard in parser.EnumerateAsync(_ending.Token))
            {
                if (heard.Data is { } end)
                {
                    End(end);
                    return;
                }
            }

            End(new SessionLook(SessionAnswer.Dropped) { Detail = "the stream was closed without a reply to subscriptions/listen" });
        }
        catch (Exception error) when (error is OperationCanceledException || _ending.IsCancellationRequested)
        {
            End(new SessionLook(SessionAnswer.GivenUp));
        }
        catch (ProbeFailedException)
        {
            End(new SessionLook(SessionAnswer.GivenUp));
        }
        catch (Exception error) when (error is IOException or HttpRequestException or InvalidDataException)
        {
            End(new SessionLook(SessionAnswer.Dropped) { Detail = "the connection broke" });
        }
        finally
        {
            _response.Dispose();
            _http.Dispose();
        }
    }

    private void End(SessionLook end)
    {
        Volatile.Write(ref _end, end);
        _acknowledged.TrySetResult(false);
    }

    /// <returns>The end that a message is; null for one that is none.</returns>
    private SessionLook? Hear(ReadOnlySpan<byte> data, int depth)
    {
        if (++_events > MostEvents)
            return new SessionLook(SessionAnswer.GivenUp);
        if (data.IsEmpty)
            return null;
        switch (JsonRpcEnvelope.Read(data, Id, depth))
        {
            case { Kind: EnvelopeKind.Result }:
                return new SessionLook(SessionAnswer.Ended) { Detail = "a reply to subscriptions/listen" };
            case { Kind: EnvelopeKind.Error, Error: { } error }:
                return new SessionLook(SessionAnswer.WrongError) { Detail = $"the JSON-RPC error {error.Code.ToString(CultureInfo.InvariantCulture)}" };
            case { Kind: EnvelopeKind.Other }:
                Notice(data, depth);
                return null;
            default:
                return null;
        }
    }

    private void Notice(ReadOnlySpan<byte> data, int depth)
    {
        var reader = new Utf8JsonReader(data, new JsonReaderOptions { MaxDepth = depth });
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isMethod = JsonText.NameIs(reader, "method"u8);
            reader.Read();
            if (isMethod && reader.TokenType is JsonTokenType.String)
            {
                if (JsonText.NameIs(reader, "notifications/subscriptions/acknowledged"u8))
                {
                    // The only member of that name that an acknowledgement has.
                    _tells = data.IndexOf("\"toolsListChanged\":true"u8) >= 0 || data.IndexOf("\"toolsListChanged\": true"u8) >= 0;
                    _acknowledged.TrySetResult(true);
                }
                else if (JsonText.NameIs(reader, "notifications/tools/list_changed"u8))
                    Interlocked.Increment(ref _listChanges);
            }

            reader.Skip();
        }
    }
}
