using McpProbe.Probing.Net;
using McpProbe.Text;

namespace McpProbe.Monitoring.Connectivity;

/// <summary>
/// Addresses that answer whenever the prober's own network works: what <see cref="ConnectivityGuard"/> tries before it believes
/// that many servers are gone at once.
/// </summary>
public sealed record ControlAddresses
{
    public const string DefaultText = "one.one.one.one:443,dns.google:443";

    private ControlAddresses(IReadOnlyList<ConnectTarget> targets) => Targets = targets;

    /// <summary>Two well-known services of different operators, by name, so that name servers that do not work are noticed too.</summary>
    public static ControlAddresses Default { get; } = Parse(DefaultText, out _)!;

    /// <summary>Nothing is tried, and every result is taken as it is.</summary>
    public static ControlAddresses None { get; } = new([]);

    internal IReadOnlyList<ConnectTarget> Targets { get; }

    /// <summary>Reads <c>HOST:PORT[,HOST:PORT…]</c>, or <c>none</c>.</summary>
    /// <param name="mistake">What is wrong, for a message that begins with the option's name; null when nothing is.</param>
    /// <returns>Null when something is wrong.</returns>
    public static ControlAddresses? Parse(string text, out string? mistake)
    {
        mistake = null;
        if (text.Trim() == "none")
            return None;

        var targets = new List<ConnectTarget>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            // Without a port it would be 0, which nothing listens on.
            if (ConnectTarget.Parse(part, 0) is { Port: > 0 } target)
                targets.Add(target);
            else
                mistake ??= $"'{ForeignText.Brief(part)}' is no address to connect to: write host:port, several separated by commas, or none";
        }

        return mistake is null ? new ControlAddresses(targets) : null;
    }

    public override string ToString() => Targets.Count == 0 ? "none" : string.Join(',', Targets);
}
