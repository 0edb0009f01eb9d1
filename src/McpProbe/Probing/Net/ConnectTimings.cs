using McpProbe.Model;

namespace McpProbe.Probing.Net;

/// <summary>How long connection set-up took: each phase of the first connection, and all of it over all connections.</summary>
internal sealed class ConnectTimings
{
    public double? DnsMs { get; private set; }

    public double? ConnectMs { get; private set; }

    public double? TlsMs { get; private set; }

    /// <summary>Milliseconds over all connections.</summary>
    public double TotalMs { get; private set; }

    public void Add(Phase phase, double milliseconds)
    {
        TotalMs += milliseconds;
        switch (phase)
        {
            case Phase.Dns: DnsMs ??= milliseconds; break;
            case Phase.Connect: ConnectMs ??= milliseconds; break;
            default: TlsMs ??= milliseconds; break;
        }
    }
}
