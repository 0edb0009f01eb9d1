using System.Net.Sockets;
using McpProbe.Model;
using McpProbe.Probing.Net;

namespace McpProbe.Tests.Probing.Net;

public class DialerTests
{
    [Theory]
    [InlineData(SocketError.ConnectionRefused, FailureKind.Refused, Verdict.Down, "refused the connection")]
    [InlineData(SocketError.TimedOut, FailureKind.ConnectTimeout, Verdict.Down, "did not answer")]
    [InlineData(SocketError.ConnectionReset, FailureKind.Reset, Verdict.Down, "reset the connection")]
    [InlineData(SocketError.Shutdown, FailureKind.Reset, Verdict.Down, "reset the connection")]
    [InlineData(SocketError.HostUnreachable, FailureKind.Refused, Verdict.Down, "is unreachable")]
    [InlineData(SocketError.HostDown, FailureKind.Refused, Verdict.Down, "is unreachable")]
    [InlineData(SocketError.NetworkUnreachable, FailureKind.Refused, Verdict.Down, "no route to")]
    [InlineData(SocketError.NetworkDown, FailureKind.Refused, Verdict.Down, "no route to")]
    [InlineData(SocketError.AccessDenied, FailureKind.Refused, Verdict.Down, "firewall")]
    [InlineData(SocketError.TooManyOpenSockets, FailureKind.ProberOffline, Verdict.Unknown, "limit of open files")]
    [InlineData(SocketError.NoBufferSpaceAvailable, FailureKind.ProberOffline, Verdict.Unknown, "nothing can be said of the server")]
    [InlineData(SocketError.AddressNotAvailable, FailureKind.ProberOffline, Verdict.Unknown, "nothing can be said of the server")]
    [InlineData(SocketError.ProtocolOption, FailureKind.Refused, Verdict.Down, "ProtocolOption")]
    public void ToFailure_SocketError_SaysWhoseFaultItIs(SocketError error, FailureKind kind, Verdict verdict, string says)
    {
        var failure = Dialer.ToFailure(error, new ConnectTarget("mcp.test", 443));

        Assert.Equal((kind, Phase.Connect, verdict), (failure.Kind, failure.Phase, failure.VerdictOf()));
        Assert.Contains("mcp.test:443", failure.Message, StringComparison.Ordinal);
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, false)]
    [InlineData(SocketError.ConnectionReset, false)]
    [InlineData(SocketError.HostUnreachable, true)]
    [InlineData(SocketError.HostDown, true)]
    [InlineData(SocketError.NetworkUnreachable, true)]
    [InlineData(SocketError.NetworkDown, true)]
    [InlineData(SocketError.AccessDenied, true)]
    public void ToFailure_SocketError_SaysWhetherTheServerAnswered(SocketError error, bool unreachable) =>
        Assert.Equal(unreachable, Dialer.ToFailure(error, new ConnectTarget("mcp.test", 443)).Unreachable);
}
