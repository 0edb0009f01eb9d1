using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpProbe.Probing;

/// <summary>A server that is a child process: started for the probe and ended with it.</summary>
internal sealed class StdioServer : IMcpConnection
{
    private readonly ProbeRun _run;
    private readonly HashSet<int> _sent = [];
    private ITransport? _transport;
    private volatile string? _lastError;

    private StdioServer(ProbeRun run) => _run = run;

    public TransportKind Kind => TransportKind.Stdio;

    /// <exception cref="ProbeFailedException">The executable cannot be started (kind <c>spawn-failed</c>).</exception>
    public static async Task<StdioServer> StartAsync(IReadOnlyList<string> command, ProbeRun run, CancellationToken cancellationToken)
    {
        var server = new StdioServer(run);
        var started = run.Time.GetTimestamp();
        try
        {
            var transport = new StdioClientTransport(new StdioClientTransportOptions
            {
                Command = command[0],
                Arguments = [.. command.Skip(1)],
                Name = run.Endpoint.Id,
                // How long a process may take to end by itself once its input is closed; then it is killed with its children.
                ShutdownTimeout = run.Limits.Close / 2,
                StandardErrorLines = server.KeepErrorLine,
            });
            server._transport = await transport.ConnectAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The SDK names no exception for this: whatever stopped it, the process does not run.
            run.Log($"start {command[0]} failed: {run.Foreign(error.GetBaseException().Message)}");
            throw new ProbeFailedException(FailureKind.SpawnFailed,
                $"'{run.Foreign(command[0])}' cannot be started; check its name, that it is executable, and the PATH of the prober.");
        }

        run.Log($"start {command[0]} in {run.Since(started)}");
        return server;
    }

    public async Task<JsonRpcReply> RequestAsync(McpRequest request, CancellationToken cancellationToken)
    {
        await SendOnceAsync(request, cancellationToken);
        return await ReadReplyAsync(request, null, cancellationToken);
    }

    /// <summary>
    /// Sends a request and, when there is no answer for a while, a second one beside it: an old server may ignore a method that
    /// it does not know. Answers come in order, so a slow server's answer to the first comes first.
    /// </summary>
    /// <returns>The reply that came first; its id tells which it is.</returns>
    public async Task<JsonRpcReply> RequestEitherAsync(
        McpRequest first, McpRequest second, TimeSpan patience, CancellationToken cancellationToken)
    {
        await SendOnceAsync(first, cancellationToken);
        using (var timer = new CancellationTokenSource(patience, _run.Time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken))
        {
            try
            {
                return await ReadReplyAsync(first, null, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                _run.Log($"stdin {first.Method} -> no answer within {patience.TotalSeconds:0.#} s; sending {second.Method} too");
            }
        }

        await SendOnceAsync(second, cancellationToken);
        return await ReadReplyAsync(first, second, cancellationToken);
    }

    public async Task NotifyAsync(McpRequest notification, CancellationToken cancellationToken)
    {
        await SendAsync(new JsonRpcNotification { Method = notification.Method }, cancellationToken);
        _run.Log($"stdin {notification.Method}");
    }

    /// <summary>The session is the process, which <see cref="DisposeAsync"/> ends.</summary>
    public Task CloseAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_transport is not null)
            await _transport.DisposeAsync();
    }

    private async Task SendOnceAsync(McpRequest request, CancellationToken cancellationToken)
    {
        if (!_sent.Add(request.Id!.Value))
            return;

        await SendAsync(new JsonRpcRequest
        {
            Id = new RequestId(request.Id.Value),
            Method = request.Method,
            Params = JsonNode.Parse(request.Params.Span),
        }, cancellationToken);
    }

    private async Task SendAsync(JsonRpcMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await _transport!.SendMessageAsync(message, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The pipe is gone, and so is the process.
            throw await ExitedAsync(cancellationToken);
        }
    }

    private async Task<JsonRpcReply> ReadReplyAsync(McpRequest first, McpRequest? second, CancellationToken cancellationToken)
    {
        var started = _run.Time.GetTimestamp();
        var messages = _transport!.MessageReader;
        while (await HasMessageAsync(cancellationToken))
        {
            while (messages.TryRead(out var message))
            {
                if (ToReply(message, first) is { } reply || (second is not null && (reply = ToReply(message, second)) is not null))
                {
                    _run.Log($"stdout {(reply.Id == first.Id ? first : second!).Method} -> {(reply.Error is null ? "result" : "error")} in {_run.Since(started)}");
                    return reply;
                }
            }
        }

        throw await ExitedAsync(cancellationToken);
    }

    private async Task<bool> HasMessageAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _transport!.MessageReader.WaitToReadAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return false;
        }
    }

    private JsonRpcReply? ToReply(JsonRpcMessage message, McpRequest request)
    {
        if (message is not JsonRpcMessageWithId answer || !answer.Id.Equals(new RequestId(request.Id!.Value)))
            return null;

        var id = request.Id.Value;
        switch (answer)
        {
            case JsonRpcResponse response:
                var result = Encoding.UTF8.GetBytes(response.Result?.ToJsonString() ?? "null");
                return result.Length <= _run.Limits.ResponseBytes
                    ? JsonRpcReply.OfResult(id, result, null)
                    : throw new ProbeFailedException(FailureKind.TooLarge,
                        $"The answer is larger than {_run.Limits.ResponseBytes} bytes; make the server send less, or raise the limit.");
            case JsonRpcError { Error: var error }:
                return JsonRpcReply.OfError(id, new RpcError(error.Code, error.Message, Supported(error.Data)));
            default:
                return null;
        }
    }

    private static List<string> Supported(object? data)
    {
        if (data is not JsonElement { ValueKind: JsonValueKind.Object } element || !element.TryGetProperty("supported", out var supported))
            return [];

        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(supported.GetRawText()));
        reader.Read();
        return JsonText.Strings(ref reader) ?? [];
    }

    /// <summary>Why the process ended, as far as its last words say.</summary>
    private async Task<ProbeFailedException> ExitedAsync(CancellationToken cancellationToken)
    {
        // Its standard error is read to the end only once the transport is closed.
        await _transport!.DisposeAsync();
        cancellationToken.ThrowIfCancellationRequested();
        var words = _lastError is { } line ? $" (last words: {line})" : "";
        return new ProbeFailedException(FailureKind.ProcessExited,
            $"'{_run.Foreign(_run.Endpoint.Command![0])}' ended before it answered{words}; run the command by hand to see why.");
    }

    private void KeepErrorLine(string line)
    {
        var text = _run.Foreign(line);
        if (text.Length > 0)
            _lastError = text;
    }
}
