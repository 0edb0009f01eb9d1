using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Transports;

/// <summary>JSON-RPC with one server, over one transport. Not for use by several threads.</summary>
internal interface IMcpConnection : IAsyncDisposable
{
    TransportKind Kind { get; }

    /// <summary>Sends a request and waits for what the server makes of it. A request that was sent before is only waited for.</summary>
    /// <exception cref="ProbeFailedException">The server cannot be reached, or a limit was met.</exception>
    Task<JsonRpcReply> RequestAsync(McpRequest request, CancellationToken cancellationToken);

    /// <exception cref="ProbeFailedException">The server cannot be reached, or refused the message.</exception>
    Task NotifyAsync(McpRequest notification, CancellationToken cancellationToken);

    /// <summary>Whether the server has a session to end.</summary>
    bool HasSession { get; }

    /// <summary>Ends the server's session, if there is one. Its failure does not matter: nothing is thrown.</summary>
    Task CloseAsync(CancellationToken cancellationToken);
}
