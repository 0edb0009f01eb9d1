using System.Text.Json;
using System.Text.RegularExpressions;
using McpProbe.Catalog.Json;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Imports.Planning;
using McpProbe.Text;

namespace McpProbe.Imports.Files;

/// <summary>
/// The servers in a client's configuration: <c>mcpServers</c> (Claude Desktop, Cursor), <c>servers</c> or <c>mcp.servers</c> (VS Code). Its secrets stay
/// there: the values of headers and of the environment become references, and a command with a secret among its words is left out.
/// </summary>
internal static partial class ClientConfiguration
{
    /// <summary>A command starts a process for each probe, and perhaps fetches a package.</summary>
    private static readonly TimeSpan BetweenStarts = TimeSpan.FromMinutes(5);

    public static IEnumerable<Listing> Read(JsonElement root)
    {
        // VS Code's settings.json has them below 'mcp'.
        var of = root.Object("mcp") ?? root;
        foreach (var (name, server) in of.Members("mcpServers").Concat(of.Members("servers")))
        {
            if (server.ValueKind is JsonValueKind.Object && name.Length > 0)
                yield return Of(name, server);
        }
    }

    private static Listing Of(string name, JsonElement server)
    {
        var listing = new Listing(name) { Needs = server.Flag("disabled") is true ? "is disabled there" : null };
        if ((server.Text("url") ?? server.Text("serverUrl")) is { } url)
        {
            var headers = server.Members("headers").Where(header => HeaderRules.MistakeInName(header.Name) is null)
                .GroupBy(header => header.Name, StringComparer.OrdinalIgnoreCase)
                .ToDictionary(header => header.Key, header => Header(name, header.Key, JsonRead.TextOf(header.Last().Value)));
            return listing with
            {
                Url = url,
                Transport = server.Text("type") switch { "sse" => TransportChoice.Sse, "http" or "streamable-http" or "streamableHttp" => TransportChoice.Http, _ => TransportChoice.Auto },
                Headers = headers,
                Needs = listing.Needs ?? NeedsOf(headers.Values),
            };
        }

        if (server.Text("command") is not { } command)
            return listing with { LeftOut = "it has neither a URL nor a command" };
        List<string> words = [command];
        if (server.Member("args") is { ValueKind: JsonValueKind.Array } arguments)
            words.AddRange(arguments.EnumerateArray().Select(word => word.ValueKind == JsonValueKind.String ? word.GetString()! : word.GetRawText()));
        if (SecretWords.MistakeIn(words) is { } mistake)
            return listing with { LeftOut = mistake };
        var environment = new Dictionary<string, string>();
        foreach (var (variable, _) in server.Members("env"))
        {
            if (!VariableName().IsMatch(variable) || SecretReference.IsOurs(variable))
                return listing with { LeftOut = $"its variable {ForeignText.Brief(variable)} has a name that no reference may have" };
            environment[variable] = $"${{env:{variable}}}";
        }

        return listing with { Command = words, Interval = BetweenStarts, Environment = environment, Needs = listing.Needs ?? NeedsOf(environment.Values) };
    }

    /// <summary>The reference that takes the value's place. One that is there already stays, with the scheme before it.</summary>
    private static string Header(string server, string header, string? value)
    {
        if (value is not null && Referenced().Match(value) is { Success: true } match && !SecretReference.IsOurs(match.Groups["name"].Value))
            return $"{match.Groups["scheme"].Value}${{env:{match.Groups["name"].Value}}}";
        return $"${{env:{VariableNames.Of(server, header)}}}";
    }

    private static string? NeedsOf(IEnumerable<string> references)
    {
        var names = references.SelectMany(SecretReference.NamesIn).Distinct().ToList();
        return names.Count == 0 ? null : $"needs the variable{(names.Count > 1 ? "s" : "")} {string.Join(", ", names.Take(5))}";
    }

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex VariableName();

    [GeneratedRegex(@"\A(?<scheme>(Bearer|Basic|Token) )?\$\{(env|input):(?<name>[A-Za-z_][A-Za-z0-9_]*)\}\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Referenced();
}
