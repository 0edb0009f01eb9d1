using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Text;

namespace McpProbe.Catalog;

/// <summary>
/// Whether a client can compile a tool's output schema. The official TypeScript client does so for every tool while it lists them
/// (Ajv 8, its default vocabulary of draft-07, not strict), and an error there ends the listing. Regular expressions are not judged:
/// no other engine knows quite the same ones.
/// </summary>
internal static class OutputSchema
{
    private const string Rule = "output-schema-compile";

    // Real schemas have tens. What is deeper or larger than this is not judged.
    private const int MostDepth = 64;
    private const int MostSchemas = 4096;

    [Flags]
    private enum Kinds
    {
        Number = 1,
        Text = 2,
        List = 4,
        Truth = 8,
        Object = 16,
    }

    // The forms of the keywords that Ajv compiles, and which of them hold schemas.
    private static readonly Dictionary<string, (Kinds Kinds, string Must)> Keywords = new(StringComparer.Ordinal)
    {
        ["multipleOf"] = (Kinds.Number, "a number"),
        ["maximum"] = (Kinds.Number, "a number"),
        ["minimum"] = (Kinds.Number, "a number"),
        ["exclusiveMaximum"] = (Kinds.Number, "a number"),
        ["exclusiveMinimum"] = (Kinds.Number, "a number"),
        ["maxLength"] = (Kinds.Number, "a number"),
        ["minLength"] = (Kinds.Number, "a number"),
        ["maxItems"] = (Kinds.Number, "a number"),
        ["minItems"] = (Kinds.Number, "a number"),
        ["maxProperties"] = (Kinds.Number, "a number"),
        ["minProperties"] = (Kinds.Number, "a number"),
        ["pattern"] = (Kinds.Text, "a text"),
        ["$ref"] = (Kinds.Text, "a text"),
        ["format"] = (Kinds.Text | Kinds.Number, "a text"),
        ["uniqueItems"] = (Kinds.Truth, "true or false"),
        ["required"] = (Kinds.List, "a list"),
        ["enum"] = (Kinds.List, "a list"),
        ["anyOf"] = (Kinds.List, "a list"),
        ["oneOf"] = (Kinds.List, "a list"),
        ["allOf"] = (Kinds.List, "a list"),
        ["properties"] = (Kinds.Object, "an object"),
        ["patternProperties"] = (Kinds.Object, "an object"),
        ["dependencies"] = (Kinds.Object, "an object"),
        ["items"] = (Kinds.Object | Kinds.List | Kinds.Truth, "a schema"),
        ["additionalItems"] = (Kinds.Object | Kinds.Truth, "a schema"),
        ["additionalProperties"] = (Kinds.Object | Kinds.Truth, "a schema"),
        ["contains"] = (Kinds.Object | Kinds.Truth, "a schema"),
        ["propertyNames"] = (Kinds.Object | Kinds.Truth, "a schema"),
        ["not"] = (Kinds.Object | Kinds.Truth, "a schema"),
        ["if"] = (Kinds.Object | Kinds.Truth, "a schema"),
        ["then"] = (Kinds.Object | Kinds.Truth, "a schema"),
        ["else"] = (Kinds.Object | Kinds.Truth, "a schema"),
    };

    private static readonly string[] Types = ["string", "number", "integer", "boolean", "null", "object", "array"];

    public static ToolUsability.Fault? FaultOf(JsonTree tree, int schema) => new Walk(tree, schema).Visit(schema, 0);

    private sealed class Walk(JsonTree tree, int root)
    {
        private readonly HashSet<int> _visited = [];

        // With identifiers inside, a reference is relative to the nearest one.
        private readonly bool _hasIds = HasIds(tree, root, root);

        public ToolUsability.Fault? Visit(int schema, int depth)
        {
            // Ajv takes the keys of what is no schema; null has none to take.
            if (tree.Kind(schema) == JsonValueKind.Null) return new(Rule, schema, "is null, not a schema");
            if (tree.Kind(schema) != JsonValueKind.Object || depth > MostDepth || _visited.Count > MostSchemas || !_visited.Add(schema)) return null;

            var (hasType, nullable, hasCase, itemsIsList) = (false, JsonTree.None, false, false);
            for (var member = tree.FirstChild(schema); member != JsonTree.None; member = tree.Next(member))
            {
                var key = CanonicalString.Decode(tree.Key(member));
                if (key is "id") return new(Rule, member, "is the keyword of draft-04, which the client refuses; write $id");
                if (key is "type" && TypeFault(member) is { } wrong) return wrong;
                hasType |= key is "type" && !(tree.Kind(member) == JsonValueKind.Array && tree.FirstChild(member) == JsonTree.None);
                hasCase |= key is "then" or "else";
                itemsIsList |= key is "items" && tree.Kind(member) == JsonValueKind.Array;
                if (key is "nullable") nullable = member;
                if (Keywords.TryGetValue(key, out var form) && (form.Kinds & KindOf(member)) == 0)
                    return new(Rule, member, $"is not {form.Must}, so the client cannot compile the schema");
                if (key is "enum" && tree.FirstChild(member) == JsonTree.None) return new(Rule, member, "is an empty list, so the client cannot compile the schema");
            }

            if (nullable != JsonTree.None && !hasType) return new(Rule, nullable, "stands without 'type', so the client cannot compile the schema");
            for (var member = tree.FirstChild(schema); member != JsonTree.None; member = tree.Next(member))
            {
                var fault = CanonicalString.Decode(tree.Key(member)) switch
                {
                    "$ref" => Reference(member, depth),
                    "properties" or "patternProperties" => Children(member, depth),
                    "dependencies" => Children(member, depth, skipLists: true),
                    "anyOf" or "oneOf" or "allOf" => Children(member, depth),
                    "items" => tree.Kind(member) == JsonValueKind.Array ? Children(member, depth) : Visit(member, depth + 1),
                    "additionalItems" when itemsIsList => Visit(member, depth + 1),
                    "additionalProperties" or "contains" or "propertyNames" or "not" => Visit(member, depth + 1),
                    "if" when hasCase => Visit(member, depth + 1),
                    "then" or "else" when tree.Member(schema, "\"if\""u8) != JsonTree.None => Visit(member, depth + 1),
                    _ => null,
                };
                if (fault is not null) return fault;
            }

            return null;
        }

        private ToolUsability.Fault? Children(int parent, int depth, bool skipLists = false)
        {
            for (var child = tree.FirstChild(parent); child != JsonTree.None; child = tree.Next(child))
            {
                if (skipLists && tree.Kind(child) == JsonValueKind.Array) continue;
                if (Visit(child, depth + 1) is { } fault) return fault;
            }

            return null;
        }

        private ToolUsability.Fault? TypeFault(int type)
        {
            if (tree.Kind(type) != JsonValueKind.Array) return NameFault(type);
            for (var name = tree.FirstChild(type); name != JsonTree.None; name = tree.Next(name))
            {
                if (NameFault(name) is { } fault) return fault;
            }

            return null;
        }

        private ToolUsability.Fault? NameFault(int name) =>
            tree.Kind(name) == JsonValueKind.String && Types.Contains(CanonicalString.Decode(tree.Text(name)))
                ? null : new(Rule, name, "is no type of JSON Schema, so the client cannot compile the schema");

        private ToolUsability.Fault? Reference(int reference, int depth)
        {
            if (_hasIds) return null;
            var text = CanonicalString.Decode(tree.Text(reference));
            if (text is "#" or "" || text.StartsWith("http://json-schema.org/draft-07/schema", StringComparison.Ordinal)) return null;
            if (text.StartsWith("#/", StringComparison.Ordinal) && Find(text[1..]) is var target && target != JsonTree.None) return Visit(target, depth + 1);
            if (text.StartsWith('#') && !text.StartsWith("#/", StringComparison.Ordinal) && HasAnchor(root, text[1..])) return null;
            return new(Rule, reference, $"names '{VisibleText.Line(text, 60)}', which the schema does not hold, so the client cannot compile it");
        }

        private int Find(string pointer)
        {
            var node = root;
            foreach (var part in pointer.Split('/').Skip(1))
            {
                var key = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
                var child = tree.FirstChild(node);
                var index = 0;
                while (child != JsonTree.None && !(tree.Kind(node) == JsonValueKind.Array
                    ? index.ToString(System.Globalization.CultureInfo.InvariantCulture) == key
                    : CanonicalString.Decode(tree.Key(child)) == key))
                {
                    child = tree.Next(child);
                    index++;
                }

                if (child == JsonTree.None) return child;
                node = child;
            }

            return node;
        }

        private bool HasAnchor(int node, string anchor)
        {
            for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
            {
                if (tree.Key(child).SequenceEqual("\"$anchor\""u8) || tree.Key(child).SequenceEqual("\"$dynamicAnchor\""u8)
                    ? tree.Kind(child) == JsonValueKind.String && CanonicalString.Decode(tree.Text(child)) == anchor
                    : HasAnchor(child, anchor))
                    return true;
            }

            return false;
        }

        private Kinds KindOf(int node) => tree.Kind(node) switch
        {
            JsonValueKind.Number => Kinds.Number,
            JsonValueKind.String => Kinds.Text,
            JsonValueKind.Array => Kinds.List,
            JsonValueKind.True or JsonValueKind.False => Kinds.Truth,
            JsonValueKind.Object => Kinds.Object,
            _ => 0,
        };

        private static bool HasIds(JsonTree tree, int node, int root)
        {
            for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
            {
                if (node != root && tree.Key(child).SequenceEqual("\"$id\""u8) && tree.Kind(child) == JsonValueKind.String || HasIds(tree, child, root))
                    return true;
            }

            return false;
        }
    }
}
