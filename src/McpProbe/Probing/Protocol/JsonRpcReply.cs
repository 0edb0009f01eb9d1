using McpProbe.Model;
using McpProbe.Probing.Run;
using McpProbe.Probing.Tools;

namespace McpProbe.Probing.Protocol;

/// <summary>
/// What a server made of a request: a result, a JSON-RPC error, or an answer that is neither. Holds a pooled buffer until it is
/// disposed of.
/// </summary>
internal sealed class JsonRpcReply : IDisposable
{
    private readonly IDisposable? _buffer;

    private JsonRpcReply(int id, IDisposable? buffer) => (Id, _buffer) = (id, buffer);

    /// <summary>Of the request that it answers.</summary>
    public int Id { get; }

    /// <summary>The bytes of <c>result</c>; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Result { get; private init; }

    /// <summary>The message it came in, when that was read whole and its digest taken; null otherwise.</summary>
    public WholeMessage? Message { get; private init; }

    public RpcError? Error { get; private init; }

    /// <summary>Why the answer is not one; null for a result or an error.</summary>
    public Failure? Refusal { get; private init; }

    /// <summary>The status of the HTTP answer that it came in; null for other transports.</summary>
    public int? HttpStatus { get; private init; }

    public static JsonRpcReply OfResult(int id, ReadOnlyMemory<byte> result, IDisposable? buffer, WholeMessage? message = null) =>
        new(id, buffer) { Result = result, Message = message };

    public static JsonRpcReply OfError(int id, RpcError error, int? httpStatus = null) =>
        new(id, null) { Error = error, HttpStatus = httpStatus };

    public static JsonRpcReply OfRefusal(int id, Failure refusal) =>
        new(id, null) { Refusal = refusal, HttpStatus = refusal.HttpStatus };

    /// <summary>The failure that anything but a result is; null for a result.</summary>
    public Failure? ToFailure(string method, ProbeRun run)
    {
        if (Error is null)
            return Refusal;

        // A misdirected server refuses the way of asking, and says so in a JSON-RPC error.
        if (HttpStatus is 405 or 406 or 415)
            return HttpRefusal.WrongTransport(HttpStatus.Value, run.Server);
        if (HttpStatus is { } status && HostRefusal.Find(Error, status, run) is { } refused)
            return refused;

        return new Failure(FailureKind.RpcError, run.Phase,
            $"{run.Server} answered {method} with the JSON-RPC error {Error.Code} ({run.Foreign(Error.Message)}); look at the server's log.",
            HttpStatus);
    }

    /// <summary>The result's bytes.</summary>
    /// <exception cref="ProbeFailedException">There is none.</exception>
    public ReadOnlyMemory<byte> ResultOrThrow(string method, ProbeRun run) =>
        ToFailure(method, run) is { } failure ? throw new ProbeFailedException(failure) : Result;

    public void Dispose() => _buffer?.Dispose();
}

/// <param name="Digest">As <see cref="RememberedPage.DigestOf"/> takes it.</param>
/// <param name="Result">Where the result's bytes are.</param>
internal sealed record WholeMessage(byte[] Digest, Range Result);
