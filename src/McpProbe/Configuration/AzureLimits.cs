namespace McpProbe.Configuration;

/// <summary>What the Azure head allows less of than one machine does. docs/azure.md, Limits, says how it follows from the platform.</summary>
public static class AzureLimits
{
    /// <summary>
    /// The longest time-out of an endpoint. A function ends after 10 minutes (host.json), and a message must fit into it even when all of
    /// its probes wait for others that take as long; the platform's front end cuts an answer over HTTP, such as a check on demand, after
    /// 230 seconds.
    /// </summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(210);
}
