using System.Text.Json;
using McpProbe.Catalog.Json;

namespace McpProbe.Probing.Cards;

/// <summary>
/// What a server card says of a server before anybody connects to it: a card of SEP-2127 (and of the drafts before it), or the
/// registry's <c>server.json</c>, which has the same members. All of it was written by others.
/// </summary>
/// <param name="Name">Such as <c>com.example/weather</c>.</param>
/// <param name="Remotes">At most <see cref="Most"/>.</param>
/// <param name="Tools">Names of tools, which only early drafts list; at most <see cref="Most"/>.</param>
internal sealed record ServerCard(string? Name, string? Title, string? Version, IReadOnlyList<CardRemote> Remotes, IReadOnlyList<string> Tools)
{
    private const int Most = 100;

    /// <summary>Null when the JSON is no card: other answers are JSON too.</summary>
    public static ServerCard? Read(JsonElement json)
    {
        // An entry of the registry has the card inside.
        var card = json.Object("server") ?? json;
        // Early drafts: there 'version' is that of the card's form.
        var info = card.Object("serverInfo");
        var remotes = card.Items("remotes").Select(CardRemote.Read).OfType<CardRemote>().Take(Most).ToList();
        if (card.Object("transport") is { } transport && transport.Text("endpoint") is { } endpoint)
            remotes.Add(new CardRemote(transport.Text("type"), endpoint, [], Versions: null, HoldsSecret: false));
        var name = info is { } own ? own.Text("name") : card.Text("name");
        // Anything may have a name and a version.
        if (remotes.Count == 0 && info is null && card.Text("$schema")?.Contains("server", StringComparison.OrdinalIgnoreCase) is not true)
            return null;
        return new ServerCard(
            name, info?.Text("title") ?? card.Text("title"), info is { } of ? of.Text("version") : card.Text("version"), remotes,
            [.. card.Items("tools").Select(tool => tool.Text("name")).OfType<string>().Take(Most)]);
    }
}

/// <summary>An address that a card gives.</summary>
/// <param name="Type"><c>streamable-http</c> or <c>sse</c>; null when it says none.</param>
/// <param name="Url">With variables in braces.</param>
/// <param name="RequiredHeaders">Those that a client must send, and that have no value yet.</param>
/// <param name="Versions">The protocol versions that it lists; null for none.</param>
/// <param name="HoldsSecret">A credential stands in it for everybody to read.</param>
internal sealed record CardRemote(string? Type, string Url, IReadOnlyList<string> RequiredHeaders, IReadOnlyList<string>? Versions, bool HoldsSecret)
{
    public static CardRemote? Read(JsonElement remote)
    {
        if (remote.Text("url") is not { } url)
            return null;
        var headers = remote.Items("headers").ToList();
        var versions = remote.Member("supportedProtocolVersions") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(JsonRead.TextOf).OfType<string>().Take(50).ToList() : null;
        return new CardRemote(
            remote.Text("type"), url,
            [.. headers.Where(header => header.Flag("isRequired") is true && header.Text("value") is null).Select(header => header.Text("name")).OfType<string>().Take(10)],
            versions is { Count: > 0 } ? versions : null,
            headers.Exists(header => header.Flag("isSecret") is true && header.Text("value") is { } value && !value.Contains('{', StringComparison.Ordinal))
                || (Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.UserInfo.Length > 0));
    }

    /// <summary>Whether it is this address, as far as its variables let one tell; whatever the query.</summary>
    public bool Is(Uri address) => Url.IndexOf('{', StringComparison.Ordinal) is >= 0 and var variable
        ? PlainOf(address).StartsWith(Url[..variable], StringComparison.OrdinalIgnoreCase)
        : Uri.TryCreate(address, Url, out var url) && PlainOf(url) == PlainOf(address);

    private static string PlainOf(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');
}
