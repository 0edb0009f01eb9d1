using System.Net;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Probing.Cards;

/// <summary>
/// Where a server's card says one thing, and the running server another: clients read the card before they connect (SEP-2127,
/// Consistency with Runtime Behavior). Pure.
/// </summary>
internal static class CardJudge
{
    private const string Section = "MCP Server Cards (SEP-2127), Consistency with Runtime Behavior";

    /// <param name="endpoint">As it was probed.</param>
    /// <param name="result">What the probe found.</param>
    /// <param name="url">Where the probe's requests went; messages do not show it.</param>
    /// <param name="place">Where the card was read, such as <c>/mcp/server-card</c>.</param>
    /// <param name="isReserved">Whether it is at the place that is kept for this server's card, and so can be of no other.</param>
    /// <returns>Nothing for another server's card.</returns>
    public static IReadOnlyList<Finding> Judge(ServerCard card, Endpoint endpoint, ProbeResult result, Uri url, string place, bool isReserved)
    {
        var here = card.Remotes.Where(remote => remote.Is(url)).ToList();
        if (!isReserved && card.Remotes.Count > 0 && here.Count == 0)
            return [];
        var findings = new List<Finding>();
        JudgeIdentity(card, result, place, findings);
        if (card.Remotes.Count > 0 && here.Count == 0 && IsPublicName(endpoint, card, url))
            findings.Add(Contradiction("card-address", place, $"gives the address {Quoted(card.Remotes[0].Url)}{(card.Remotes.Count > 1 ? " and others" : "")}, and the server is not there"));
        if (here.Count > 0)
            JudgeRemotes(here, endpoint, result, place, findings);
        if (result.Snapshot is { Catalog.ToolNames: var tools } && card.Tools.Except(tools).ToList() is { Count: > 0 } missing)
            findings.Add(Contradiction("card-tools", place, $"lists {Named("the tool", missing)}, which the server does not have"));
        if (card.Remotes.Any(remote => remote.HoldsSecret))
        {
            findings.Add(Of("card-secret", place, "holds a credential (a secret header's value, or a user name in an address) for everybody to read; take it out, and make a new one") with
            {
                Section = "MCP Server Cards (SEP-2127), Information Disclosure",
                Requirement = Requirement.Must,
            });
        }

        return findings;
    }

    /// <summary>A place where there is a card, and none that can be read.</summary>
    /// <param name="says">The predicate of a sentence whose subject is the card.</param>
    public static Finding Unreadable(string place, string says) => Of("card-invalid", place, says);

    /// <param name="status">What the address of an entry answers.</param>
    public static Finding Missing(string place, string card, int status) => new(
        FindingLevel.Soft, "card-missing", null, place, $"The AI catalogue at {place} names a server card at {Quoted(card)}, which answers {status}.");

    /// <summary>Cards that nobody looks at: what a server says must not lead the prober to other hosts, as no redirect does.</summary>
    /// <param name="cards">Where they would be.</param>
    public static Finding Elsewhere(string place, IReadOnlyList<Uri> cards) => new(
        FindingLevel.Soft, "card-elsewhere", null, place,
        $"The AI catalogue at {place} names {(cards.Count == 1 ? "a server card" : $"{cards.Count} server cards")} on another origin, such as {Quoted(cards[0].GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped))}. It was not read: a server must not decide to whom the prober sends requests. To have such a card compared, watch the server there.");

    private static void JudgeIdentity(ServerCard card, ProbeResult result, string place, List<Finding> findings)
    {
        if (result.Server is not { } server)
            return;
        if (card.Name is { } name && server.Name is { } own && !ServerNames.Agree(own, name, card.Title))
            findings.Add(Contradiction("card-name", place, $"names the server {Quoted(name)}, and it calls itself {Quoted(own)}"));
        if (card.Version is { } version && server.Version is { } running && !ServerNames.AreSameVersion(version, running))
            findings.Add(Contradiction("card-version", place, $"says version {Quoted(version)}, and the server says that it is {Quoted(running)}"));
    }

    /// <param name="here">The card's remotes with the server's own address: they are alternatives.</param>
    private static void JudgeRemotes(List<CardRemote> here, Endpoint endpoint, ProbeResult result, string place, List<Finding> findings)
    {
        // Where the endpoint chose the transport, the server may speak the other one as well.
        if (endpoint.Transport is TransportChoice.Auto && result.Transport is { } spoken
            && here.Select(remote => KindOf(remote.Type)).OfType<TransportKind>().ToList() is { Count: > 0 } listed && !listed.Contains(spoken))
            findings.Add(Contradiction("card-transport", place, $"says that the address speaks {WireNames.Of(listed[0])}, and it speaks {WireNames.Of(spoken)}"));

        var versions = here.TrueForAll(remote => remote.Versions is not null) ? here.SelectMany(remote => remote.Versions!).Distinct().ToList() : [];
        if (versions.Count > 0 && result.ProtocolVersion is { } version && !versions.Contains(version))
            findings.Add(Contradiction("card-protocol", place, $"lists the protocol {Named("version", versions)}, and the server speaks {version}"));
        else if (versions.Count > 0 && result.Era is Era.Stateless && result.SupportedVersions.Count > 0 && versions.Except(result.SupportedVersions).ToList() is { Count: > 0 } unknown)
            findings.Add(Contradiction("card-protocol", place, $"lists the protocol {Named("version", unknown)}, which server/discover does not"));

        var required = here.Select(remote => remote.RequiredHeaders.Where(header => !Sends(endpoint, header)).ToList()).ToList();
        if (result.Verdict is Verdict.Healthy or Verdict.Degraded && required.TrueForAll(headers => headers.Count > 0))
            findings.Add(Contradiction("card-header", place, $"says that {Named("the header", required[0])} must be sent, and the server works without"));
    }

    /// <summary>
    /// A card gives the address that clients use. A prober on the same machine or network may use another one, and one that connects to
    /// a single instance does.
    /// </summary>
    private static bool IsPublicName(Endpoint endpoint, ServerCard card, Uri url) => endpoint.ConnectTo is null
        && (card.Remotes.Any(remote => Uri.TryCreate(remote.Url, UriKind.Absolute, out var listed) && Net.Origin.AreSame(listed, url))
            || (!url.IsLoopback && !IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out _) && url.IdnHost.Contains('.', StringComparison.Ordinal)
                && !Array.Exists([".local", ".internal", ".lan", ".home.arpa", ".test", ".svc"], end => url.IdnHost.EndsWith(end, StringComparison.OrdinalIgnoreCase))));

    private static bool Sends(Endpoint endpoint, string header) =>
        endpoint.Headers.Keys.Contains(header, StringComparer.OrdinalIgnoreCase)
        || (header.Equals("Authorization", StringComparison.OrdinalIgnoreCase) && (endpoint.Bearer is not null || endpoint.OAuth is not null));

    private static TransportKind? KindOf(string? type) => type switch
    {
        "streamable-http" or "http" => TransportKind.StreamableHttp,
        "sse" => TransportKind.HttpSse,
        _ => null,
    };

    private static Finding Contradiction(string rule, string place, string says) => Of(rule, place, says) with { Section = Section, Requirement = Requirement.Should };

    private static Finding Of(string rule, string place, string says) => new(FindingLevel.Soft, rule, null, place, $"The card at {VisibleText.Line(place, 100)} {says}.");

    /// <summary><c>the tool "a"</c>, <c>the tools "a", "b" and 3 more</c>.</summary>
    private static string Named(string noun, List<string> names) =>
        $"{noun}{(names.Count > 1 ? "s" : "")} {string.Join(", ", names.Take(3).Select(Quoted))}{(names.Count > 3 ? $" and {names.Count - 3} more" : "")}";

    private static string Quoted(string text) => $"'{VisibleText.Line(text, 80)}'";
}
