using McpProbe.Model;

namespace McpProbe.Probing.Protocol;

/// <summary>What a message from the server is to who waits for a reply: that, a request of the server's own, or neither.</summary>
/// <param name="Stray">What is wrong with a text that is no message at all; clients overlook such.</param>
internal readonly record struct ServerMessage(JsonRpcReply? Reply = null, ServerRequest? Request = null, Failure? Stray = null)
{
    /// <summary>Strays that are overlooked; each costs time to look at.</summary>
    public const int MostStrays = 1000;
}
