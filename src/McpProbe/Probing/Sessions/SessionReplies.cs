using System.Globalization;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Text;

namespace McpProbe.Probing.Sessions;

/// <summary>
/// What an answer to a request of an old session says of the session. A new session was just served by the same server, so an error
/// is about this one. Pure.
/// </summary>
internal static class SessionReplies
{
    /// <remarks>
    /// A session that is over is HTTP 404 (specification 2025-11-25, Streamable HTTP, Session Management, 3). Servers are seen to answer
    /// 400, or 200 with a JSON-RPC error, and clients show those to their users instead of beginning anew.
    /// </remarks>
    public static SessionLook Of(JsonRpcReply reply) => (reply.HttpStatus, reply.Error, reply.Refusal) switch
    {
        (404, _, _) => new(SessionAnswer.Ended) { Detail = "HTTP 404" },
        // It knows the session, and has no tools.
        (_, { Code: RpcError.MethodNotFound }, _) => new(SessionAnswer.Survived),
        (null or 400, { } error, _) => new(SessionAnswer.WrongError) { Detail = $"{Http(reply.HttpStatus ?? 200)} and the JSON-RPC error {error.Code.ToString(CultureInfo.InvariantCulture)}" },
        (400, _, _) => new(SessionAnswer.WrongError) { Detail = Http(400) },
        // It limits requests: that is no answer to this one.
        (429, _, _) => new(SessionAnswer.Untold),
        ({ } status, _, _) => new(SessionAnswer.Doubtful) { Detail = Http(status) },
        (null, null, { } refusal) => OfFailure(refusal),
        _ => new(SessionAnswer.Survived),
    };

    /// <summary>Of a question that got no answer at all.</summary>
    public static SessionLook OfFailure(Failure failure) => failure.Kind switch
    {
        FailureKind.Timeout when failure.Phase is not (Phase.Dns or Phase.Connect or Phase.Tls) => new(SessionAnswer.Silent) { Detail = "no answer in time" },
        FailureKind.Reset when failure.Phase is not (Phase.Dns or Phase.Connect or Phase.Tls) => new(SessionAnswer.Doubtful) { Detail = "the connection was closed before the answer" },
        FailureKind.NotMcp or FailureKind.BadJson or FailureKind.NoReply or FailureKind.TooLarge or FailureKind.WrongTransport or FailureKind.Redirect =>
            new(SessionAnswer.Doubtful) { Detail = failure.HttpStatus is { } status ? Http(status) : WireNames.Of(failure.Kind) },
        // The server was not reached, or our own side is at fault: nothing is said of the session.
        _ => new(SessionAnswer.Untold),
    };

    private static string Http(int status) => string.Create(CultureInfo.InvariantCulture, $"HTTP {status}");
}
