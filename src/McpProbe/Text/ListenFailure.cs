using System.Net.Sockets;

namespace McpProbe.Text;

/// <summary>Why an address cannot be listened on, in words that say what is the matter.</summary>
public static class ListenFailure
{
    /// <summary>The reason, for the end of a sentence without its full stop; null when the failure is of another kind.</summary>
    public static string? Of(Exception failure) => failure switch
    {
        SocketException socket => Of(socket),
        // One address may stand for two, such as localhost: they fail for one reason.
        AggregateException { InnerExceptions: [var first, ..] } => Of(first),
        { InnerException: { } inner } => Of(inner),
        _ => null,
    };

    private static string Of(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "another program listens there",
        SocketError.AccessDenied => "the system does not let this user; ports below 1024 are often an administrator's",
        SocketError.AddressNotAvailable => "this machine has no such address",
        SocketError.AddressFamilyNotSupported => "this machine has no addresses of that family",
        _ => failure.Message,
    };
}
