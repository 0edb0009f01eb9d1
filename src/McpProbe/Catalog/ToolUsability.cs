using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Text;

namespace McpProbe.Catalog;

/// <summary>
/// Whether the official clients can read a tool. They check the whole answer of <c>tools/list</c> against the types of the
/// specification (2025-11-25, Tool) and throw away the list when one tool does not fit. The strictest of them, and the most used,
/// is the measure: <c>ListToolsResultSchema</c> and <c>Client.listTools</c> of the TypeScript client @modelcontextprotocol/sdk 1.x;
/// a test asks that client about every rule here.
/// </summary>
internal static class ToolUsability
{
    private static readonly SchemaRules InputRules = new("input-schema-missing", "input-schema-type", "input-schema-properties", "input-schema-required");
    private static readonly SchemaRules OutputRules = new("", "output-schema-type", "output-schema-properties", "output-schema-required");
    private static readonly string[] Hints = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];

    /// <summary>What is wrong with the tool that the tree holds; null when a client can read it.</summary>
    public static Fault? Of(JsonTree tree)
    {
        var tool = new Reader(tree);
        return tool.Schema(JsonTree.Root, "inputSchema", isOptional: false)
            ?? tool.Text(JsonTree.Root, "title")
            ?? tool.Text(JsonTree.Root, "description")
            ?? tool.Annotations()
            ?? tool.Schema(JsonTree.Root, "outputSchema", isOptional: true)
            ?? tool.Execution()
            ?? tool.Icons()
            ?? tool.Object(JsonTree.Root, "_meta", "meta-type");
    }

    /// <summary>
    /// The keyword at the top of the input schema that the APIs of some models refuse, though every client lists the tool; null for none.
    /// </summary>
    public static string? TopLevelCombinator(JsonTree tree)
    {
        var schema = tree.Member(JsonTree.Root, "\"inputSchema\""u8);
        if (schema == JsonTree.None) return null;
        return tree.Member(schema, "\"anyOf\""u8) != JsonTree.None ? "anyOf"
            : tree.Member(schema, "\"oneOf\""u8) != JsonTree.None ? "oneOf"
            : tree.Member(schema, "\"allOf\""u8) != JsonTree.None ? "allOf"
            : null;
    }

    /// <param name="Node">The value that is wrong, or the object that lacks <paramref name="Missing"/>.</param>
    /// <param name="Says">The predicate of a sentence whose subject is the place.</param>
    internal readonly record struct Fault(string Rule, int Node, string Says, string? Missing = null);

    private sealed record SchemaRules(string Missing, string Type, string Properties, string Required);

    private readonly struct Reader(JsonTree tree)
    {
        public Fault? Text(int parent, string key, string rule = "text-type") =>
            Find(parent, key) is var node && node != JsonTree.None && tree.Kind(node) != JsonValueKind.String
                ? new Fault(rule, node, $"is {What(node)}, not a text") : null;

        public Fault? Object(int parent, string key, string rule) =>
            Find(parent, key) is var node && node != JsonTree.None && tree.Kind(node) != JsonValueKind.Object
                ? new Fault(rule, node, $"is {What(node)}, not an object") : null;

        public Fault? Annotations()
        {
            if (Find(JsonTree.Root, "annotations") is var annotations && annotations == JsonTree.None) return null;
            if (Object(JsonTree.Root, "annotations", "annotations-type") is { } fault) return fault;
            foreach (var hint in Hints)
            {
                if (Find(annotations, hint) is var node && node != JsonTree.None && tree.Kind(node) is not (JsonValueKind.True or JsonValueKind.False))
                    return new Fault("hint-type", node, $"is {What(node)}, not true or false");
            }

            return Text(annotations, "title");
        }

        public Fault? Execution()
        {
            if (Object(JsonTree.Root, "execution", "execution-type") is { } fault) return fault;
            var execution = Find(JsonTree.Root, "execution");
            return execution == JsonTree.None ? null : OneOf(execution, "taskSupport", "execution-type", "required", "optional", "forbidden");
        }

        public Fault? Icons()
        {
            const string rule = "icons-type";
            var icons = Find(JsonTree.Root, "icons");
            if (icons == JsonTree.None) return null;
            if (tree.Kind(icons) != JsonValueKind.Array) return new Fault(rule, icons, $"is {What(icons)}, not a list");
            for (var icon = tree.FirstChild(icons); icon != JsonTree.None; icon = tree.Next(icon))
            {
                if (tree.Kind(icon) != JsonValueKind.Object) return new Fault(rule, icon, $"is {What(icon)}, not an object");
                if (Find(icon, "src") == JsonTree.None) return new Fault(rule, icon, "is missing", "src");
                var fault = Text(icon, "src", rule) ?? Text(icon, "mimeType", rule) ?? Texts(icon, "sizes", rule) ?? OneOf(icon, "theme", rule, "light", "dark");
                if (fault is not null) return fault;
            }

            return null;
        }

        public Fault? Schema(int parent, string key, bool isOptional)
        {
            var rules = isOptional ? OutputRules : InputRules;
            var schema = Find(parent, key);
            if (schema == JsonTree.None) return isOptional ? null : new Fault(rules.Missing, parent, "is missing", key);
            if (tree.Kind(schema) != JsonValueKind.Object) return new Fault(rules.Type, schema, $"is {What(schema)}, not a schema of type \"object\"");
            var type = Find(schema, "type");
            if (type == JsonTree.None) return new Fault(rules.Type, schema, "is missing; it must be \"object\"", "type");
            if (!tree.Text(type).SequenceEqual("\"object\""u8) || tree.Kind(type) != JsonValueKind.String)
                return new Fault(rules.Type, type, $"is {What(type)}; it must be \"object\"");

            var properties = Find(schema, "properties");
            if (Object(schema, "properties", rules.Properties) is { } fault) return fault;
            for (var property = properties == JsonTree.None ? JsonTree.None : tree.FirstChild(properties); property != JsonTree.None; property = tree.Next(property))
            {
                if (tree.Kind(property) is not (JsonValueKind.Object or JsonValueKind.Array))
                    return new Fault(rules.Properties, property, $"is {What(property)}, not a schema object");
            }

            return Texts(schema, "required", rules.Required) ?? (isOptional ? OutputSchema.FaultOf(tree, schema) : null);
        }

        private Fault? Texts(int parent, string key, string rule)
        {
            var list = Find(parent, key);
            if (list == JsonTree.None) return null;
            if (tree.Kind(list) != JsonValueKind.Array) return new Fault(rule, list, $"is {What(list)}, not a list of texts");
            for (var text = tree.FirstChild(list); text != JsonTree.None; text = tree.Next(text))
            {
                if (tree.Kind(text) != JsonValueKind.String) return new Fault(rule, text, $"is {What(text)}, not a text");
            }

            return null;
        }

        private Fault? OneOf(int parent, string key, string rule, params ReadOnlySpan<string> values)
        {
            var node = Find(parent, key);
            if (node == JsonTree.None) return null;
            foreach (var value in values)
            {
                if (tree.Kind(node) == JsonValueKind.String && CanonicalString.Decode(tree.Text(node)) == value) return null;
            }

            return new Fault(rule, node, $"is not one of {string.Join(", ", values!)}");
        }

        private int Find(int parent, string key)
        {
            Span<byte> quoted = stackalloc byte[key.Length + 2];
            quoted[0] = quoted[^1] = (byte)'"';
            System.Text.Encoding.ASCII.GetBytes(key, quoted[1..]);
            return tree.Member(parent, quoted);
        }

        private string What(int node) => tree.Kind(node) switch
        {
            JsonValueKind.Null => "null",
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            JsonValueKind.Number => "a number",
            JsonValueKind.Array => "a list",
            JsonValueKind.Object => "an object",
            _ => $"the text '{VisibleText.Line(CanonicalString.Decode(tree.Text(node)), 20)}'",
        };
    }
}

/// <summary>Why official clients throw away a list of tools.</summary>
/// <param name="Tool">The tool that they cannot read; null for the list itself.</param>
/// <param name="Path">JSON pointer (RFC 6901) within the tool, or within the result of <c>tools/list</c>.</param>
/// <param name="Rule">Stable; docs/endpoints.md lists them.</param>
/// <param name="Says">Such as <c>/annotations/readOnlyHint is null, not true or false</c>.</param>
internal sealed record UnusableTool(string? Tool, string Path, string Rule, string Says);
