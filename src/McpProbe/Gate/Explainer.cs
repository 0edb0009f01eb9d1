using System.Globalization;
using System.Net;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Gate;

/// <summary>Explains one result. Pure: it asks nobody.</summary>
public static class Explainer
{
    private static readonly string[] Order = ["dns", "connect", "tls", "authorization", "handshake", "catalog", "conditions", "smoke"];

    /// <param name="result">With its log, when it was just made; a stored one has none.</param>
    public static Explanation Of(Endpoint endpoint, ProbeResult result)
    {
        var failedAt = FailedAt(result);
        var tried = Tried(result, failedAt);
        var layers = Names(endpoint).Select(name => Layer(name, endpoint, result, failedAt, tried.GetValueOrDefault(name, []))).ToList();
        var (commands, variables) = HandCommands.Of(endpoint, result, failedAt);
        return new Explanation(
            result.Target, result.Verdict, result.Failure?.ExitCodeOf() ?? ExitCodes.Ok, Summary(result, failedAt), layers, [.. Next(endpoint, result)], commands)
        {
            Variables = variables,
        };
    }

    private static IEnumerable<string> Names(Endpoint endpoint) => Order.Where(name => name switch
    {
        "dns" or "connect" or "authorization" => endpoint.Url is not null,
        "tls" => endpoint.Url is { Scheme: "https" },
        "smoke" => endpoint.Smoke is not null,
        _ => true,
    });

    /// <summary>The layer that the failure belongs to; null when there is none.</summary>
    private static string? FailedAt(ProbeResult result) => result.Failure switch
    {
        null => null,
        { Kind: FailureKind.Gated or FailureKind.AuthFailed } => "authorization",
        { Kind: FailureKind.ProtocolMismatch } => "handshake",
        {
            Kind: FailureKind.Budget or FailureKind.ConditionFailed or FailureKind.ToolsUsable or FailureKind.EmptyCatalog or FailureKind.MissingTool
            or FailureKind.ForbiddenTool or FailureKind.DuplicateTool
        } => "conditions",
        { Phase: { } phase } => WireNames.Of(phase),
        _ => "handshake",
    };

    private static string Summary(ProbeResult result, string? failedAt)
    {
        if (result.Failure is not { } failure)
            return string.Create(CultureInfo.InvariantCulture, $"An agent can work with it: it completed the handshake ({result.ProtocolVersion}), and listed {Tools(result)}, in {result.Timings.TotalMs:0} ms.");
        var verdict = result.Verdict switch
        {
            Verdict.Gated => "It runs, and asks for credentials that the probe does not have",
            Verdict.Degraded => "An agent can work with it, and something is not as it should be",
            Verdict.Unknown => "Nothing can be said of the server",
            _ => "An agent cannot work with it",
        };
        return $"{verdict}: it ended at {(failedAt is "dns" or "tls" ? failedAt.ToUpperInvariant() : failedAt)}. {ForeignText.OneLine(failure.Message)}";
    }

    private static ExplainedLayer Layer(string name, Endpoint endpoint, ProbeResult result, string? failedAt, IReadOnlyList<string> tried)
    {
        var timings = result.Timings;
        double? ms = name switch
        {
            "dns" => timings.DnsMs,
            "connect" => timings.ConnectMs,
            "tls" => timings.TlsMs,
            "handshake" => timings.HandshakeMs,
            "catalog" => timings.CatalogMs,
            "smoke" => timings.SmokeMs,
            _ => null,
        };
        if (name == failedAt)
            return new ExplainedLayer(name, result.Verdict is Verdict.Degraded ? CheckStatus.Warned : CheckStatus.Failed, WhatFailureProves(result.Failure!), tried) { Ms = ms };
        var isReached = failedAt is null || Array.IndexOf(Order, name) < Array.IndexOf(Order, failedAt) || ms is not null
            || (name == "catalog" && result.Catalog is not null);
        // Before an answer came nobody could ask for credentials.
        if (name == "authorization")
            isReached = result.Era is not null || failedAt is "catalog" or "conditions" or "smoke";
        if (!isReached)
            return new ExplainedLayer(name, CheckStatus.Skipped, "Not reached.", tried);
        return new ExplainedLayer(name, CheckStatus.Passed, Proves(name, endpoint, result), tried) { Ms = ms };
    }

    private static string Tools(ProbeResult result) => string.Create(
        CultureInfo.InvariantCulture, $"{result.Catalog?.Tools ?? 0} {(result.Catalog?.Tools == 1 ? "tool" : "tools")}");

    private static string Proves(string name, Endpoint endpoint, ProbeResult result) => name switch
    {
        "dns" => IPAddress.TryParse(endpoint.Url!.Host.Trim('[', ']'), out _) ? "The URL names an address: there is no name to resolve."
            : endpoint.ConnectTo is not null ? "Another address is connected to (connectTo)." : "The host name has an address.",
        "connect" => "Something listens at that address and port, and no firewall on the way drops the traffic.",
        "tls" => result.Certificate is { } certificate
            ? string.Create(CultureInfo.InvariantCulture, $"{(endpoint.Insecure ? "The connection is encrypted; the certificate was not checked (insecure)" : "The certificate is valid for the name, and trusted")}; {certificate.DaysLeft} days are left.")
            : "The connection is encrypted.",
        "authorization" => endpoint.HasCredentials ? "The credentials are accepted." : "The server asks for no credentials.",
        "handshake" => $"It is an MCP server: {ForeignText.Brief($"{result.Server?.Name ?? "without a name"} {result.Server?.Version}".Trim())} speaks {result.ProtocolVersion} ({(result.Era is { } era ? WireNames.Of(era) : "an")} era) over {(result.Transport is { } transport ? WireNames.Of(transport) : "its transport")}.",
        "catalog" when result.Catalog is { Tools: 0 } => "The list of tools can be read, and is empty.",
        "catalog" => string.Create(CultureInfo.InvariantCulture, $"{(result.Catalog?.Tools > 1 ? "All " : "")}{Tools(result)} can be read, on {result.Catalog?.Pages ?? 0} {(result.Catalog?.Pages == 1 ? "page" : "pages")}."),
        "conditions" => result.Conditions.Count == 0 ? "Nothing more was asked for." : $"What was asked for holds: {string.Join(", ", result.Conditions.Select(condition => condition.Name))}.",
        _ => "A tool answers as it should: what stands behind the server works too.",
    };

    private static string WhatFailureProves(Failure failure) => failure.Kind switch
    {
        FailureKind.Dns => "The host name has no address where the probe runs. That says nothing of the server itself.",
        FailureKind.Refused => "The machine answers, and nothing listens at that port.",
        FailureKind.ConnectTimeout => "No packet came back: the machine is off or elsewhere, or a firewall drops the traffic.",
        FailureKind.Tls => "Something listens there, and no client can make a trusted connection to it.",
        FailureKind.Reset => "The connection was made, and cut before the answer: the server, or a proxy before it, crashed, restarted or refuses.",
        FailureKind.Timeout => "The answer did not come in time: the server is overloaded, waits for something, or sleeps.",
        FailureKind.BlockedAddress => "The address is one that the probe may not connect to.",
        FailureKind.SpawnFailed or FailureKind.ProcessExited => "The command does not run as a server.",
        FailureKind.Gated => "The server runs and protects itself. What stands behind its door was not seen.",
        FailureKind.AuthFailed => "The server runs, and takes these credentials for wrong, expired or too weak.",
        FailureKind.HostRefused => "Something before the server, or a list of its own, refuses the request for what it is, not for who sends it.",
        FailureKind.HttpStatus when failure.HttpStatus == 404 => "An HTTP server runs there, and nothing is at this path.",
        FailureKind.HttpStatus when failure.HttpStatus is >= 500 => "A proxy or the server itself failed while it answered.",
        FailureKind.HttpStatus => "An HTTP server runs there, and refuses the request.",
        FailureKind.WrongTransport or FailureKind.NotMcp or FailureKind.BadJson or FailureKind.Redirect or FailureKind.CrossOrigin => "Something answers at this URL, and it is no MCP server as the endpoint expects one.",
        FailureKind.RpcError => "An MCP server answers, and refuses what every client asks.",
        FailureKind.ProtocolMismatch => "An MCP server answers, and speaks another revision of the protocol than was asked for.",
        FailureKind.NoReply => "The request arrived, and no answer to it came.",
        FailureKind.TooLarge or FailureKind.TooManyPages => "The server answers more than any client should have to read.",
        FailureKind.SmokeFailed => "The server lists its tools, and one of them does not work: what stands behind the server is the matter.",
        FailureKind.Budget => "It works, outside its budgets.",
        FailureKind.ProberOffline or FailureKind.ProberOverloaded or FailureKind.Cancelled => "The prober itself was the matter: this says nothing of the server.",
        FailureKind.Config => "The endpoint's own definition is the matter: nothing was sent.",
        _ => "The server answers, and its catalogue is not what was asked for.",
    };

    private static IEnumerable<string> Next(Endpoint endpoint, ProbeResult result)
    {
        if (result.Failure is not { } failure)
            yield break;
        if (Advice(failure, endpoint) is { Length: > 0 } advice)
            yield return advice;
        foreach (var step in Steps(failure, endpoint))
            yield return step;
        if (failure.RetryAfter is { } retry)
            yield return $"Wait until {retry.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)}: the server asks for it (Retry-After).";
        if (failure.Challenge is { } challenge)
            yield return $"Read what the server asks for: WWW-Authenticate: {ForeignText.OneLine(challenge, 300)}";
    }

    /// <summary>The message's own advice, which stands behind its semicolon; in other words where it leans on what stands before that.</summary>
    private static string Advice(Failure failure, Endpoint endpoint)
    {
        var host = endpoint.Url is { IsAbsoluteUri: true } url ? ForeignText.OneLine(url.Host, 100) : "";
        var message = ForeignText.OneLine(failure.Message);
        var at = message.LastIndexOf("; ", StringComparison.Ordinal);
        return (failure.Kind, at < 0 ? "" : message[(at + 2)..]) switch
        {
            (_, "") => "",
            (FailureKind.Dns, _) => $"Check the spelling of {host} and its DNS records.",
            (FailureKind.Redirect, _) => "Give the endpoint its final URL: redirects are not followed.",
            (FailureKind.Tls, var advice) when advice.StartsWith("install one", StringComparison.Ordinal) => $"Install a certificate for the name in the URL, {host}.",
            // The steps say it better.
            (FailureKind.HttpStatus, _) when failure.HttpStatus is >= 500 => "",
            (FailureKind.Gated, _) => "",
            (_, var advice) => char.ToUpperInvariant(advice[0]) + advice[1..],
        };
    }

    private static string[] Steps(Failure failure, Endpoint endpoint) => failure.Kind switch
    {
        FailureKind.Dns => ["Ask the name servers from the machine that the probe runs on (first command); another machine may see another answer."],
        FailureKind.Refused => ["Look on the server's machine whether the process runs, and on which address and port it listens: 127.0.0.1 is reached from that machine alone."],
        FailureKind.ConnectTimeout => ["Try from the same network as the server. If it answers there, a firewall or a security group is the matter."],
        FailureKind.Tls => ["Look at the certificate chain that the server shows (command below): its name, its dates, and whether the intermediates are there."],
        FailureKind.Timeout => ["Run the command of the layer that did not end, and see how long it takes without the probe's deadline."],
        FailureKind.Gated => [endpoint.Url is null ? "Give the command its credentials (environment)." : "Give the endpoint credentials: bearer, a header, oauth or a client certificate (docs/authentication.md)."],
        FailureKind.AuthFailed => ["Check that the variable holds the credential that you mean, and when it expires."],
        FailureKind.HttpStatus when failure.HttpStatus == 404 => ["Try the usual paths: /mcp, /sse, /."],
        FailureKind.HttpStatus when failure.HttpStatus is >= 500 => ["Look at the log of what stands before the server: it says whether the server was reached. Then look at the server's own."],
        FailureKind.WrongTransport or FailureKind.NotMcp => ["Open the URL in a browser: a page there says whose address it is."],
        FailureKind.SmokeFailed => ["Call the tool by hand (last command), and look at what it needs: a database, a key, another service."],
        FailureKind.ProtocolMismatch when endpoint.Protocol is not null => ["Unpin the protocol version to see what the server speaks."],
        _ => [],
    };

    /// <summary>The lines of a probe's log by layer.</summary>
    private static Dictionary<string, IReadOnlyList<string>> Tried(ProbeResult result, string? failedAt)
    {
        // The summary says how it ended.
        var end = result.Failure is { } failure ? ForeignText.OneLine(failure.Message) : null;
        var lines = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var line in result.Log)
        {
            var layer = LayerOf(line);
            // What asks for credentials refuses the first request of the handshake.
            if (layer is "handshake" && failedAt is "authorization")
                layer = "authorization";
            if (layer is not null && !(end is not null && ForeignText.OneLine(line).EndsWith(end, StringComparison.Ordinal)))
                ((List<string>)(lines.TryGetValue(layer, out var known) ? known : lines[layer] = new List<string>())).Add(ForeignText.OneLine(line, 300));
        }

        return lines;
    }

    private static string? LayerOf(string line) =>
        line.StartsWith("dns ", StringComparison.Ordinal) ? "dns"
        : line.StartsWith("connect ", StringComparison.Ordinal) ? "connect"
        : line.StartsWith("tls ", StringComparison.Ordinal) ? "tls"
        : line.StartsWith("challenge:", StringComparison.Ordinal) || line.Contains("token endpoint", StringComparison.Ordinal) || line.Contains("metadata", StringComparison.Ordinal) ? "authorization"
        : line.Contains("tools/list", StringComparison.Ordinal) ? "catalog"
        : line.Contains("tools/call", StringComparison.Ordinal) ? "smoke"
        : line.Contains("resources/list", StringComparison.Ordinal) || line.Contains("prompts/list", StringComparison.Ordinal) ? "conditions"
        // The end, which the verdict tells.
        : line.StartsWith("healthy in", StringComparison.Ordinal) || line.Contains(" after ", StringComparison.Ordinal) || line.StartsWith("DELETE", StringComparison.Ordinal) ? null
        : "handshake";
}
