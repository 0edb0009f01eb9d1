using System.Text.Json.Nodes;

namespace McpProbe.Web.Api.Description;

/// <summary>The JSON Schemas of docs/schema, as they are.</summary>
internal static class PublishedSchema
{
    private const string Folder = "schema/";
    private const string Ending = ".schema.json";

    /// <summary>File names, in order.</summary>
    internal static readonly IReadOnlyList<string> Names =
    [
        .. typeof(PublishedSchema).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Select(name => name[Folder.Length..]).Order(StringComparer.Ordinal),
    ];

    /// <summary>The text of a schema; null when there is none of this name.</summary>
    internal static string? Read(string name)
    {
        if (!Names.Contains(name))
            return null;
        using var reader = new StreamReader(typeof(PublishedSchema).Assembly.GetManifestResourceStream(Folder + name)!);
        return reader.ReadToEnd();
    }

    /// <summary>All of them as components of an OpenAPI document: references between files become references within it.</summary>
    internal static JsonObject Components()
    {
        var components = new JsonObject();
        foreach (var name in Names)
        {
            var schema = JsonNode.Parse(Read(name)!)!.AsObject();
            schema.Remove("$schema");
            schema.Remove("$id");
            var key = name[..^Ending.Length];
            Rewrite(schema, key);
            components[key] = schema;
        }

        return components;
    }

    /// <summary><c>result</c>, or <c>incident#/$defs/acknowledgement</c>, as a reference within the document.</summary>
    internal static string Reference(string schema) =>
        "#/components/schemas/" + schema.Replace("#", "", StringComparison.Ordinal);

    private static void Rewrite(JsonNode node, string own)
    {
        if (node is JsonArray items)
        {
            foreach (var item in items.OfType<JsonNode>())
                Rewrite(item, own);
        }
        else if (node is JsonObject members)
        {
            if (members["$ref"] is JsonValue reference && reference.TryGetValue<string>(out var text))
            {
                members["$ref"] = text.StartsWith('#')
                    ? Reference(own + text)
                    : Reference(text.Replace(Ending, "", StringComparison.Ordinal));
            }

            foreach (var (_, member) in members.Where(member => member.Value is JsonObject or JsonArray).ToList())
                Rewrite(member!, own);
        }
    }
}
