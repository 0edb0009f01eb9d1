using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads the key <c>clients</c> of an endpoint.</summary>
internal sealed class ClientsBinder(ConfigReader reader)
{
    private const int Longest = 100;

    private static readonly string[] Keys = ["name", "version", "bearer"];

    /// <param name="credential">Reads a value that must hold a reference.</param>
    public List<ClientVariant>? Clients(ConfigNode node, string path, Func<ConfigNode, string, string?> credential)
    {
        if (reader.Items(node, path, "a list of clients, such as [{ name: claude-code }]") is not { } items) return null;
        if (items.Count > Endpoint.MostClients)
        {
            reader.Fail(items[Endpoint.MostClients].At, $"{path}[{Endpoint.MostClients}]", $"there are {items.Count} clients; the most is {Endpoint.MostClients}");
            return null;
        }

        var clients = new List<ClientVariant>();
        for (var i = 0; i < items.Count; i++)
        {
            var at = $"{path}[{i}]";
            if (reader.Members(items[i], at, Keys) is not { } members) continue;
            var client = new ClientVariant(
                members.TryGetValue("name", out var name) ? Word(name.Value, $"{at}.name") : null,
                members.TryGetValue("version", out var version) ? Word(version.Value, $"{at}.version") : null,
                members.TryGetValue("bearer", out var bearer) ? credential(bearer.Value, $"{at}.bearer") : null);
            if (members.Count == 0)
                reader.Fail(items[i].At, at, "says nothing that differs; give it a 'name', a 'version' or a 'bearer'");
            else if (clients.Contains(client))
                reader.Fail(items[i].At, at, "stands twice");
            else
                clients.Add(client);
        }

        return clients;
    }

    // It goes into a header too.
    private string? Word(ConfigNode node, string path)
    {
        if (reader.String(node, path) is not { } text) return null;
        if (text.Length <= Longest && text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 && !text.Contains('"', StringComparison.Ordinal) && !text.Contains('\\', StringComparison.Ordinal))
            return text;
        reader.Fail(node.At, path, $"is no name or version of a client: 1 to {Longest} characters of ASCII, without quotation marks and backslashes");
        return null;
    }
}
