namespace McpProbe.Probing.Protocol;

/// <summary>
/// A request of the server's own, which servers of the handshake era may send while the prober waits. The prober offers no
/// capability, so <c>ping</c> is all that it answers with a result (specification 2025-11-25, Ping).
/// </summary>
/// <param name="Id">A JSON string or number, passed back as it came.</param>
internal sealed record ServerRequest(ReadOnlyMemory<byte> Id, bool IsPing)
{
    /// <summary>What one connection answers: more would make the prober the server's tool.</summary>
    public const int MostAnswers = 16;

    /// <summary>The answer as one line of JSON.</summary>
    public byte[] ToAnswer() =>
    [
        .. "{\"jsonrpc\":\"2.0\",\"id\":"u8,
        .. Id.Span,
        .. IsPing ? ",\"result\":{}}"u8 : ",\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}"u8,
    ];
}
