using System.Net;
using System.Net.Sockets;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Net;

/// <summary>Which resolved addresses a probe may connect to (RFC 6890 and the IANA special-purpose address registries).</summary>
internal static class AddressPolicy
{
    /// <summary>Refused whatever the rule. The metadata services hand out the host's credentials to who can reach them.</summary>
    private static readonly Range[] AlwaysRefused =
    [
        new("0.0.0.0/8", "unspecified"),
        new("169.254.0.0/16", "link-local"),
        new("224.0.0.0/4", "multicast"),
        new("255.255.255.255/32", "broadcast"),
        new("168.63.129.16/32", "a cloud's metadata service"), // Azure's wire server, in public space
        new("100.100.100.200/32", "a cloud's metadata service"),
        new("192.0.0.192/32", "a cloud's metadata service"),
        new("::/128", "unspecified"),
        new("fe80::/10", "link-local"),
        new("ff00::/8", "multicast"),
        new("fd00:ec2::254/128", "a cloud's metadata service"),
        new("fd20:ce::254/128", "a cloud's metadata service"),
    ];

    private static readonly Range[] NotPublic =
    [
        new("10.0.0.0/8", "private"),
        new("100.64.0.0/10", "shared (CGNAT)"),
        new("127.0.0.0/8", "loopback"),
        new("172.16.0.0/12", "private"),
        new("192.0.0.0/24", "reserved"),
        new("192.0.2.0/24", "for documentation"),
        new("192.88.99.0/24", "reserved"),
        new("192.168.0.0/16", "private"),
        new("198.18.0.0/15", "for benchmarks"),
        new("198.51.100.0/24", "for documentation"),
        new("203.0.113.0/24", "for documentation"),
        new("240.0.0.0/4", "reserved"),
        new("::1/128", "loopback"),
        new("fc00::/7", "unique-local"),
        new("fec0::/10", "site-local"),
        new("2001::/23", "reserved"),
        new("2001:db8::/32", "for documentation"),
        new("3fff::/20", "for documentation"),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork ThisNetwork = IPNetwork.Parse("0.0.0.0/8");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork LocalNat64 = IPNetwork.Parse("64:ff9b:1::/48");
    private static readonly IPNetwork Translated = IPNetwork.Parse("::ffff:0:0:0/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Teredo = IPNetwork.Parse("2001::/32");
    private static readonly IPNetwork Compatible = IPNetwork.Parse("::/96");

    /// <summary>Why the address is refused, such as <c>link-local</c>; null when the probe may connect to it.</summary>
    public static string? Refusal(IPAddress address, AddressRule rule)
    {
        // First of all: IPNetwork finds mapped addresses in IPv6 networks that they are not in (fc00::/7, 2000::/3).
        if (address.IsIPv4MappedToIPv6)
            return Refusal(address.MapToIPv4(), rule);

        var refused = Find(AlwaysRefused, address) ?? (rule is AddressRule.PublicOnly ? Find(NotPublic, address) : null);
        if (refused is not null)
            return refused;

        if (address.AddressFamily is not AddressFamily.InterNetworkV6)
            return null;

        var bytes = address.GetAddressBytes();
        foreach (var inner in Embedded(address, bytes))
        {
            if (Refusal(inner, rule) is { } why)
                return why;
        }

        return rule is AddressRule.PublicOnly && !GlobalUnicast.Contains(address) && !LeadsOut(address) ? "reserved" : null;
    }

    /// <summary>Whether packets leave for the public IPv4 address inside: prefixes outside of the global unicast space that do.</summary>
    private static bool LeadsOut(IPAddress address) =>
        Nat64.Contains(address) || Translated.Contains(address) || Compatible.Contains(address);

    /// <summary>
    /// Every IPv4 address that packets to this IPv6 address may end up at, whatever stands between: a translator (RFC 6052, RFC 8215,
    /// RFC 2765) or a tunnel (RFC 3056, RFC 4380, RFC 5214, RFC 4291).
    /// </summary>
    private static List<IPAddress> Embedded(IPAddress address, byte[] bytes)
    {
        var inner = new List<IPAddress>();
        if (Nat64.Contains(address) || Translated.Contains(address) || (Compatible.Contains(address) && !IPAddress.IsLoopback(address)))
            inner.Add(At(12));
        if (LocalNat64.Contains(address))
            inner.AddRange(OfLocalNat64(bytes));
        if (SixToFour.Contains(address))
            inner.Add(At(2));
        if (Teredo.Contains(address))
        {
            // The server, and the client behind its NAT, whose bits are inverted.
            inner.Add(At(4));
            inner.Add(Address([.. bytes.AsSpan(12, 4).ToArray().Select(each => (byte)~each)]));
        }

        // ISATAP: an interface's identifier below any prefix, with the bit that says 'unique' or without it.
        if ((bytes[8] & ~2) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe)
            inner.Add(At(12));
        return inner;

        IPAddress At(int start) => Address(bytes.AsSpan(start, 4));
    }

    /// <summary>
    /// A network chooses how long its prefix is within 64:ff9b:1::/48, so the address may stand at four places (RFC 6052, 2.2; byte
    /// 8 is skipped). What may follow it is zero by rule, but a translator need not look. A place that holds 0.x.x.x is none in use,
    /// unless they all do.
    /// </summary>
    private static IEnumerable<IPAddress> OfLocalNat64(byte[] bytes)
    {
        IPAddress[] places =
        [
            Address([bytes[6], bytes[7], bytes[9], bytes[10]]),
            Address([bytes[7], bytes[9], bytes[10], bytes[11]]),
            Address(bytes.AsSpan(9, 4)),
            Address(bytes.AsSpan(12, 4)),
        ];
        var used = places.Where(place => !ThisNetwork.Contains(place)).ToList();
        return used.Count > 0 ? used : places;
    }

    private static IPAddress Address(ReadOnlySpan<byte> bytes) => new(bytes);

    private static string? Find(Range[] ranges, IPAddress address)
    {
        foreach (var range in ranges)
        {
            if (range.Network.Contains(address))
                return range.Name;
        }

        return null;
    }

    private readonly struct Range(string network, string name)
    {
        public IPNetwork Network { get; } = IPNetwork.Parse(network);

        public string Name { get; } = name;
    }
}
