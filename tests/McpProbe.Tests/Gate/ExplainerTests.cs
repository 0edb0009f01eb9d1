using McpProbe.Endpoints;
using McpProbe.Gate;
using McpProbe.Model;

namespace McpProbe.Tests.Gate;

/// <summary>What is said to a person of each way in which a server can be bad: the steps stand alone, and no command is shown that cannot tell more.</summary>
public class ExplainerTests
{
    private const string Addresses = "The host name's addresses";
    private const string Connection = "Is there a connection at all?";
    private const string Chain = "The certificate chain that the server shows";
    private const string Discover = "The stateless era: does it answer server/discover?";
    private const string Initialize = "The handshake era: does it answer initialize?";
    private const string Session = "The handshake era: does it answer initialize? Its Mcp-Session-Id, if it gives one, goes into SESSION (export SESSION=…)";
    private const string End = "The handshake's end";
    private const string Tools = "The first page of the tools";

    [Theory]
    [InlineData(FailureKind.Dns, Phase.Dns, null, "The host name mcp.example.com does not resolve; check its spelling and the DNS records.", "Check the spelling of mcp.example.com and its DNS records.", Addresses)]
    [InlineData(FailureKind.Refused, Phase.Connect, null, "mcp.example.com refused the connection; check that the server runs and listens on that port.", "Check that the server runs and listens on that port.", Addresses, Connection)]
    [InlineData(FailureKind.ConnectTimeout, Phase.Connect, null, "No connection; check that the server runs.", "Check that the server runs.", Addresses, Connection)]
    [InlineData(FailureKind.Tls, Phase.Tls, null, "The TLS certificate is for another host name; install one for the URL's.", "Install a certificate for the name in the URL, mcp.example.com.", Addresses, Chain)]
    [InlineData(FailureKind.Gated, Phase.Handshake, 401, "It answered HTTP 401: it asks for credentials; give the endpoint a bearer token or a header.", "Give the endpoint credentials: bearer, a header, oauth or a client certificate (docs/authentication.md).", Addresses, Chain, Discover, Initialize)]
    [InlineData(FailureKind.HttpStatus, Phase.Handshake, 404, "HTTP 404: nothing is at the URL's path; check the path of the MCP endpoint.", "Check the path of the MCP endpoint.", Addresses, Chain, Discover, Initialize)]
    [InlineData(FailureKind.HttpStatus, Phase.Handshake, 503, "HTTP 503: the server, or what stands before it, failed; look at their logs.", "Look at the log of what stands before the server: it says whether the server was reached. Then look at the server's own.", Addresses, Chain, Discover, Initialize)]
    [InlineData(FailureKind.NotMcp, Phase.Handshake, 200, "It answered with text/html; check that the URL names an MCP endpoint.", "Check that the URL names an MCP endpoint.", Addresses, Chain, Discover, Initialize)]
    [InlineData(FailureKind.Redirect, Phase.Handshake, 302, "It redirects; redirects are not followed, so give the endpoint its final URL.", "Give the endpoint its final URL: redirects are not followed.", Addresses, Chain, Discover, Initialize)]
    [InlineData(FailureKind.ProtocolMismatch, Phase.Handshake, null, "It speaks 2023-01-01; update McpProbe or the server.", "Update McpProbe or the server.", Addresses, Chain, Discover, Initialize)]
    [InlineData(FailureKind.Timeout, Phase.Catalog, null, "It did not answer in time; look at the server's load.", "Look at the server's load.", Addresses, Chain, Discover, Session, End, Tools)]
    [InlineData(FailureKind.EmptyCatalog, Phase.Catalog, null, "The catalogue is empty; look at what is deployed.", "Look at what is deployed.", Addresses, Chain, Discover, Session, End, Tools)]
    public void BadServer_IsExplainedUpToWhereItEnded(FailureKind kind, Phase phase, int? status, string message, string step, params string[] commands)
    {
        var endpoint = new Endpoint { Id = "a", Url = new Uri("https://mcp.example.com/mcp") };
        var isAnswer = phase is Phase.Catalog;
        var result = new ProbeResult
        {
            Target = "https://mcp.example.com/mcp",
            Verdict = kind is FailureKind.Gated ? Verdict.Gated : Verdict.Down,
            Failure = new Failure(kind, phase, message) { HttpStatus = status },
            Era = isAnswer ? Era.Handshake : null,
            ProtocolVersion = isAnswer ? "2025-11-25" : null,
            Timings = new Timings(null, null, null, null, null, null, 5),
            StartedAt = DateTimeOffset.UnixEpoch,
            Log = [$"dns after 3 ms: {message}", "POST server/discover -> 400 in 3 ms"],
        };

        var explanation = Explainer.Of(endpoint, result);

        Assert.Equal(step, explanation.Next[0]);
        Assert.Equal(explanation.Next.Distinct(), explanation.Next);
        Assert.Equal(commands, explanation.Commands.Select(command => command.What));
        Assert.All(explanation.Commands, command => Assert.DoesNotContain("  ", command.Command, StringComparison.Ordinal));
        // The summary has said it.
        Assert.DoesNotContain(explanation.Layers.SelectMany(layer => layer.Tried), line => line.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("2025-11-25", true)]
    public void ProtocolMismatch_SpeaksOfAPinOnlyWhereThereIsOne(string? pinned, bool speaks)
    {
        var result = new ProbeResult
        {
            Target = "x",
            Verdict = Verdict.Down,
            Failure = new Failure(FailureKind.ProtocolMismatch, Phase.Handshake, "It speaks another; update the server."),
            Timings = new Timings(null, null, null, null, null, null, 5),
            StartedAt = DateTimeOffset.UnixEpoch,
        };

        var explanation = Explainer.Of(new Endpoint { Id = "a", Url = new Uri("http://mcp.example.com/mcp"), Protocol = pinned }, result);

        Assert.Equal(speaks, explanation.Next.Any(step => step.StartsWith("Unpin", StringComparison.Ordinal)));
    }
}
