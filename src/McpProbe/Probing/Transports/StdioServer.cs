using System.Text;
using McpProbe.Drift.Findings;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Transports;

/// <summary>
/// A server that is a child process: started for the probe and ended with it. Messages are lines of JSON (specification,
/// Transports, stdio), read by ourselves: the official SDK reads lines, standard error and messages that nobody waits for without
/// bound.
/// </summary>
internal sealed class StdioServer : IMcpConnection
{
    /// <summary>Lines that are no messages; each costs time to look at.</summary>
    private const int MostStrays = 1000;

    private const int LongestStray = 400;
    private const int LongestShown = 120;

    /// <summary>Of its standard error, in the log: the line that matters and those around it.</summary>
    private const int LinesAround = 5;

    private readonly ProbeRun _run;
    private readonly HashSet<int> _sent = [];
    private readonly ChildProcess _process;
    private readonly LimitedStream _output;
    private readonly LineReader _lines;
    private int _strays;
    private string? _firstStray;
    private int _answers;

    private StdioServer(ProbeRun run, ChildProcess process)
    {
        (_run, _process) = (run, process);
        _output = new LimitedStream(process.Output, run.Limits.ResponseBytes);
        _lines = new LineReader(_output);
    }

    public TransportKind Kind => TransportKind.Stdio;

    /// <exception cref="ProbeFailedException">The executable cannot be started (kind <c>spawn-failed</c>).</exception>
    public static StdioServer Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, ProbeRun run)
    {
        var started = run.Time.GetTimestamp();
        try
        {
            var server = new StdioServer(run, new ChildProcess(command, environment, run));
            run.Log($"start {command[0]} in {run.Since(started)}");
            return server;
        }
        catch (Exception error)
        {
            // The platform names no exception for this: whatever stopped it, the process does not run.
            run.Log($"start {command[0]} failed: {run.Foreign(error.GetBaseException().Message)}");
            throw new ProbeFailedException(FailureKind.SpawnFailed,
                $"'{run.Foreign(command[0])}' cannot be started; check its name, that it is executable, and the PATH of the prober.");
        }
    }

    public Task<JsonRpcReply> RequestAsync(McpRequest request, CancellationToken cancellationToken) => ProbeTrace.IsWanted(_run.Endpoint)
        ? ProbeTrace.RequestAsync(_run, Kind, request, AskAsync, cancellationToken)
        : AskAsync(request, cancellationToken);

    private async Task<JsonRpcReply> AskAsync(McpRequest request, CancellationToken cancellationToken)
    {
        await SendOnceAsync(request, cancellationToken);
        return await ReadReplyAsync(request, null, cancellationToken);
    }

    /// <summary>
    /// Sends a request and, when there is no answer for a while, a second one beside it: an old server may ignore a method that
    /// it does not know. Answers come in order, so a slow server's answer to the first comes first.
    /// </summary>
    /// <returns>The reply that came first; its id tells which it is.</returns>
    public Task<JsonRpcReply> RequestEitherAsync(
        McpRequest first, McpRequest second, TimeSpan patience, CancellationToken cancellationToken) => ProbeTrace.IsWanted(_run.Endpoint)
        ? ProbeTrace.RequestAsync(_run, Kind, first, (request, token) => AskEitherAsync(request, second, patience, token), cancellationToken)
        : AskEitherAsync(first, second, patience, cancellationToken);

    private async Task<JsonRpcReply> AskEitherAsync(
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

    public Task NotifyAsync(McpRequest notification, CancellationToken cancellationToken) => ProbeTrace.IsWanted(_run.Endpoint)
        ? ProbeTrace.NotifyAsync(_run, Kind, notification, TellAsync, cancellationToken)
        : TellAsync(notification, cancellationToken);

    private async Task TellAsync(McpRequest notification, CancellationToken cancellationToken)
    {
        await SendAsync(notification, cancellationToken);
        _run.Log($"stdin {notification.Method}");
    }

    /// <summary>A time-out of a server that did write something.</summary>
    public Failure Explain(Failure timeout)
    {
        LogErrors();
        var pending = _lines.Pending;
        var stray = _firstStray ?? (pending.IsEmpty ? null : Shown(pending.Span));
        if (stray is null)
            return timeout;

        var what = _firstStray is null ? "text that no newline ends" : "text that is no message";
        return timeout with
        {
            Message = $"{timeout.Message[..timeout.Message.LastIndexOf("; ", StringComparison.Ordinal)]}, and its standard output had {what} ('{stray}'); "
                + "make the server write messages alone there, each on a line, and log to standard error.",
        };
    }

    public bool HasSession => true;

    /// <summary>The session is the process, which may end by itself now; <see cref="DisposeAsync"/> kills what does not.</summary>
    public Task CloseAsync(CancellationToken cancellationToken) => _process.CloseAsync(_run.Limits.Close / 2, cancellationToken);

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task SendOnceAsync(McpRequest request, CancellationToken cancellationToken)
    {
        if (!_sent.Add(request.Id!.Value))
            return;

        _output.Reset();
        await SendAsync(request, cancellationToken);
    }

    private Task SendAsync(McpRequest message, CancellationToken cancellationToken) => SendAsync(message.ToJson(), cancellationToken);

    private async Task SendAsync(byte[] json, CancellationToken cancellationToken)
    {
        try
        {
            await _process.Input.WriteAsync((byte[])[.. json, (byte)'\n'], cancellationToken);
            await _process.Input.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // The pipe is gone, and so is the process.
            throw await ExitedAsync(cancellationToken);
        }
    }

    private async Task<JsonRpcReply> ReadReplyAsync(McpRequest first, McpRequest? second, CancellationToken cancellationToken)
    {
        var started = _run.Time.GetTimestamp();
        while (await ReadLineAsync(cancellationToken) is { } line)
        {
            if (ToReply(line, first) is { } reply || (second is not null && (reply = ToReply(line, second)) is not null))
            {
                _run.Log($"stdout {(reply.Id == first.Id ? first : second!).Method} -> {(reply.Error is null ? "result" : "error")} in {_run.Since(started)}");
                return reply;
            }

            if (ToRequest(line, second ?? first) is { } request && _answers++ < ServerRequest.MostAnswers)
            {
                await SendAsync(request.ToAnswer(), cancellationToken);
                _run.Log("stdin answer to the server's request");
            }
        }

        throw await ExitedAsync(cancellationToken);
    }

    private async Task<ReadOnlyMemory<byte>?> ReadLineAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _lines.ReadAsync(cancellationToken) is { } line ? line[^ReplyReader.WithoutMark(line.Span, _run).Length..] : (ReadOnlyMemory<byte>?)null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private JsonRpcReply? ToReply(ReadOnlyMemory<byte> line, McpRequest request)
    {
        var id = request.Id!.Value;
        var envelope = JsonRpcEnvelope.Read(line.Span, id, _run.Limits.JsonDepth);
        ReplyReader.NoteEnvelope(envelope, _run);
        switch (envelope.Kind)
        {
            case EnvelopeKind.Result:
                // The line's bytes are gone with the next line.
                var copy = PooledBuffer.Copy(line.Span[envelope.Result]);
                return JsonRpcReply.OfResult(id, copy.Memory, copy);
            case EnvelopeKind.Error:
                return JsonRpcReply.OfError(id, envelope.Error!);
            case EnvelopeKind.NotJson or EnvelopeKind.NotJsonRpc:
                Overlook(line.Span);
                return null;
            default:
                return null;
        }
    }

    /// <summary>A request of the server's own, which servers send in the handshake era alone.</summary>
    private ServerRequest? ToRequest(ReadOnlyMemory<byte> line, McpRequest waitsFor)
    {
        if (waitsFor.ProtocolVersion is { } version && ProtocolVersions.EraOf(version) is Era.Stateless)
            return null;

        var envelope = JsonRpcEnvelope.Read(line.Span, waitsFor.Id!.Value, _run.Limits.JsonDepth);
        return envelope.Kind is EnvelopeKind.Request ? new ServerRequest(line[envelope.Id].ToArray(), envelope.IsPing) : null;
    }

    /// <summary>Clients overlook lines that are no messages, although the specification forbids them.</summary>
    private void Overlook(ReadOnlySpan<byte> line)
    {
        _strays++;
        if (_firstStray is null && !line.Trim(" \t\r"u8).IsEmpty)
        {
            _firstStray = Shown(line);
            _run.Log($"stdout is not only messages: {_firstStray}");
            _run.Note(FindingRules.InteropStray, WireNames.Of(_run.Phase), " (lines of its standard output). Clients overlook them; some write an error for each to their log, or end.");
        }

        if (_strays > MostStrays)
            throw new ProbeFailedException(FailureKind.NotMcp,
                $"'{_run.Foreign(_run.Endpoint.Command![0])}' writes other text than messages to its standard output; make it log to standard error.");
    }

    private string Shown(ReadOnlySpan<byte> line) =>
        ForeignText.OneLine(_run.Redact(Encoding.UTF8.GetString(line[..Math.Min(line.Length, LongestStray)])), LongestShown);

    private void LogErrors()
    {
        foreach (var line in _process.LastWords.Around(LinesAround))
            _run.LogOnce($"stderr: {_run.Foreign(line)}");
    }

    /// <summary>Why the process ended, as far as its last words say.</summary>
    private async Task<ProbeFailedException> ExitedAsync(CancellationToken cancellationToken)
    {
        await _process.DrainErrorsAsync(_run.Limits.Close / 4, cancellationToken);
        LogErrors();
        var words = _process.LastWords.Telling() is { } line && _run.Foreign(line) is { Length: > 0 } text ? $" (last words: {text})" : "";
        return new ProbeFailedException(FailureKind.ProcessExited,
            $"'{_run.Foreign(_run.Endpoint.Command![0])}' ended before it answered{words}; run the command by hand to see why.");
    }
}
