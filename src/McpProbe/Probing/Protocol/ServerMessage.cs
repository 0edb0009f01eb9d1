namespace McpProbe.Probing.Protocol;

/// <summary>What a message from the server is to who waits for a reply: that, a request of the server's own, or neither.</summary>
internal readonly record struct ServerMessage(JsonRpcReply? Reply = null, ServerRequest? Request = null);
