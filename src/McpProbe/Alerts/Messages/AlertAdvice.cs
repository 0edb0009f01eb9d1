using McpProbe.Incidents;
using McpProbe.Model;

namespace McpProbe.Alerts.Messages;

/// <summary>What to do about an alert: one step that can be taken at night, by somebody who did not write the server.</summary>
internal static class AlertAdvice
{
    internal static string For(Transition transition) => transition switch
    {
        { Incident.Kind: IncidentKind.Outage, Incident.Flapping: true } =>
            "Look for what comes and goes: restarts of the process (memory, health checks), one bad instance behind a load balancer, a deployment that does not settle.",
        { Incident.Kind: IncidentKind.Outage } => (transition.Failure ?? transition.Incident.Failure) is { } failure ? For(failure.Kind)
            : "Open the endpoint's page for the last probes, then the server's log of that time.",
        _ => For(transition.Incident.Kind, transition),
    };

    /// <summary>For several endpoints; null when there is nothing left to do.</summary>
    internal static string? ForMany(IReadOnlyList<Transition> news, string? group)
    {
        var open = news.Where(AlertWords.IsBadNews).ToList();
        if (open.Count == 0)
            return null;
        return group is not null && open.Count(each => each.Incident.Kind is IncidentKind.Outage) > 1
            ? "Look first at what they share: the gateway or proxy in front of them, its certificate, DNS, the network, the last deployment."
            : "Open the page, and begin with the endpoint at the top: the list has the worst first.";
    }

    private static string For(IncidentKind kind, Transition transition) => kind switch
    {
        IncidentKind.Degraded when transition.Incident.OpeningRule is IncidentRules.DownAtSomeLocations =>
            "Compare the locations: from where it fails, look at the route, the firewall and the regional DNS; the server itself answers elsewhere.",
        IncidentKind.Degraded => "Look at the load of the server and of what is behind it (CPU, database, other services), and at what was deployed when it began.",
        IncidentKind.Drift when AlertWords.IsUnstable(transition) =>
            "Find out what the server makes up anew each time (a counter, a time, a random order), or whether replicas of several releases answer in turns. Until its catalogue is fixed, nobody can review what agents are told.",
        IncidentKind.Drift => "If the change was meant, accept the new catalogue as the baseline on the endpoint's page; if not, roll the server back.",
        IncidentKind.Suspicious =>
            "Keep agents away from this server until somebody has read these texts: they may tell a model to do what its user does not want. Accept the catalogue only after that.",
        IncidentKind.Certificate => "Renew the certificate, or find out why its automatic renewal did not work; check that the server presents the new one with its whole chain.",
        IncidentKind.Unwatched when transition.Incident.OpeningRule is IncidentRules.StoreGone =>
            "Put McpProbe's database back into its data directory, from a backup where there is one, and restart McpProbe. Whatever it records before that is lost.",
        IncidentKind.Unwatched when AlertWords.IsOfTheStore(transition) =>
            "Free space on the disk of McpProbe's data directory, or make it writable again. Until then what it sees is kept in memory, and a restart would lose it.",
        IncidentKind.Unwatched => transition.Incident.Failure is { } failure ? For(failure.Kind)
            : "Look at McpProbe itself first, its page and its log: nothing is known of the server.",
        IncidentKind.Slo =>
            "Look at the endpoint's page for what its failed probes have in common. While the budget is spent like this, hold back deployments and other risks to this server.",
        IncidentKind.Session =>
            "Have the server answer HTTP 404 for a session that it does not know, so that clients begin anew, and drain sessions before an instance ends. 'mcpprobe drain URL' shows it around a deployment.",
        _ when AlertWords.AsksNow(transition) =>
            "If authentication was switched on deliberately, give the prober and the clients credentials; if not, roll the server back.",
        _ => "Anybody may use this server now. If that is not meant, switch authentication on again at once, and look at who used it meanwhile.",
    };

    internal static string For(FailureKind kind) => kind switch
    {
        FailureKind.Dns => "Look the name up from another network. If it fails there too, mend the DNS record or renew the domain; if not, mend the prober's name servers.",
        FailureKind.Refused => "See whether the server's process runs and listens on that port. Restart it; if it does not stay up, roll back the last deployment.",
        FailureKind.ConnectTimeout => "See whether the host is up, then whether a firewall, security group or route changed: packets are lost on the way.",
        FailureKind.Tls => "Look at the certificate that the host presents. Renew it, or put back the right one with its whole chain.",
        FailureKind.Reset => "Look at the log of the proxy or load balancer in front of the server, then at the server's: one of them cuts connections. Restart it.",
        FailureKind.Timeout => "See what the server waits for: CPU, a database, another service, a full queue. Restart or scale it, and roll back if a deployment began it.",
        FailureKind.HttpStatus => "Look in the log of the server, and of the proxy in front of it, for this status. Roll back if it began with a deployment.",
        FailureKind.BlockedAddress => "The name leads to an address that must not be probed. Check the DNS record: if nobody meant to change it, treat it as tampered with.",
        FailureKind.SpawnFailed => "Run the endpoint's command by hand on the prober's machine, as the prober's user, and mend what it complains of.",
        FailureKind.Gated => "Give the prober credentials for this server, or find out who switched authentication on.",
        FailureKind.AuthFailed => "Renew the credentials that the prober uses: they have expired, were rotated, or may not use this server any more. Clients may have the same trouble.",
        FailureKind.HostRefused => "Let the request through where it is refused: the server's list of allowed hosts and origins, the firewall's rules, or HTTP/1.1 at the proxy. Clients from elsewhere may have the same trouble.",
        FailureKind.WrongTransport => "Check the URL's path and the endpoint's transport: the server, or the route to it, changed which one it speaks.",
        FailureKind.NotMcp => "Open the address in a browser. A login page, an error page or another application answers there: put the route or the proxy right.",
        FailureKind.BadJson => "Run 'mcpprobe check' with --debug and hand the answer to the server's developers. Roll back if it began with a deployment.",
        FailureKind.RpcError => "Look in the server's log for this error. Restart the server, and roll back if it began with a deployment.",
        FailureKind.ProtocolMismatch => "Server and endpoint do not agree on a protocol version. Look at which versions the server supports since its last deployment.",
        FailureKind.NoReply => "The server takes requests and does not answer them. Look for what it is stuck in, then restart it.",
        FailureKind.TooLarge => "An answer is larger than the prober's limit. See what makes it so large: a tool that lists data, or an error page.",
        FailureKind.TooManyPages => "The list of tools does not end. Look at how the server makes its cursors; roll back if it began with a deployment.",
        FailureKind.Redirect => "The address has moved, or a login page is in front of it. Give the endpoint the new URL if the move was meant.",
        FailureKind.CrossOrigin => "The server sends clients to another host. Keep credentials away from it until somebody knows why.",
        FailureKind.EmptyCatalog => "The server offers no tools. See whether it lost its configuration or what it takes its tools from; restart it or roll back.",
        FailureKind.MissingTool => "A tool that clients need is gone. Roll back, or bring the tool back under its name.",
        FailureKind.ForbiddenTool => "The server offers a tool that it must not. Keep agents away from it, and find out how the tool got there.",
        FailureKind.DuplicateTool => "Two tools have one name, and clients cannot tell which one they call. Take out one of them.",
        FailureKind.ProcessExited => "Run the endpoint's command by hand and read its error output: the process ended before it answered.",
        FailureKind.ConditionFailed => "Compare the endpoint's condition with what the server says now: mend the one that is wrong.",
        FailureKind.SmokeFailed => "Call the tool by hand with the same arguments. The server answers, so look at what the tool depends on.",
        FailureKind.ToolsUsable => "Correct the tool's definition: many clients list none of the server's tools until then. Roll back if it began with a deployment.",
        FailureKind.Budget => "Look at the load of the server and of what is behind it; raise the budget only if this is its normal speed.",
        FailureKind.ProberOverloaded => "Look at the prober's own machine first, its processor and its memory: nothing is known of the server.",
        FailureKind.ProberOffline => "Look at the prober's own network, sockets and name servers first: nothing is known of the server.",
        FailureKind.Cancelled => "Nothing: the probe was stopped before it ended, and the next one tells more.",
        _ => "Mend the endpoint's definition as the message says: it cannot be probed like this.",
    };
}
