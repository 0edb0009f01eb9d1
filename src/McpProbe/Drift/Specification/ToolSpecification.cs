using System.Globalization;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Text;

namespace McpProbe.Drift.Specification;

/// <summary>
/// Whether the schemas of a tool are valid by the rules of JSON Schema, and can be read without the network. Only what every
/// revision of JSON Schema says counts, or the one that the schema names: no regular expression is judged, and no format.
/// </summary>
internal sealed class ToolSpecification
{
    // Real schemas have tens. What is deeper or larger than this is not judged.
    private const int MostDepth = 64;
    private const int MostSchemas = 4096;

    private static readonly string[] Types = ["string", "number", "integer", "boolean", "null", "object", "array"];

    private readonly JsonTree _tool;
    private readonly int _root;
    private readonly bool _isOlder;
    private readonly bool _hasIds;
    private string? _external;
    private string? _externalAt;
    private int _schemas;

    private ToolSpecification(JsonTree tool, int root, string protocolVersion)
    {
        (_tool, _root) = (tool, root);
        // Until 2025-11-25 no revision was the default, so that what only an older one allows is no mistake.
        _isOlder = Word(root, "$schema") is { } named ? !named.Contains("2020-12", StringComparison.Ordinal) : string.CompareOrdinal(protocolVersion, "2025-11-25") < 0;
        _hasIds = HasIds(root, 0);
    }

    /// <param name="tree">The tool.</param>
    /// <param name="protocolVersion">That was negotiated.</param>
    public static IEnumerable<(SpecRule Rule, string Path, string Says)> FaultsOf(JsonTree tree, string protocolVersion)
    {
        foreach (var (key, rule) in new[] { ("inputSchema", SpecRules.InputSchema), ("outputSchema", SpecRules.OutputSchema) })
        {
            var schema = Member(tree, JsonTree.Root, key);
            if (schema == JsonTree.None)
            {
                if (rule == SpecRules.InputSchema)
                    yield return (rule, "/inputSchema", "there is none");
                continue;
            }

            var walk = new ToolSpecification(tree, schema, protocolVersion);
            if ((rule == SpecRules.InputSchema ? walk.FaultOfObject() : walk.FaultOfOutput()) is { } root)
                yield return (rule, $"/{key}", root);
            else if (walk.Visit(schema, 0) is var (node, says))
                yield return (rule, VisibleText.Line(tree.PointerTo(node) ?? $"/{key}", 160), says);
            if (walk._external is { } reference)
                yield return (SpecRules.ExternalReference, VisibleText.Line(walk._externalAt!, 160), $"'{reference}'. Clients must not fetch it by themselves, and should refuse the schema");
        }
    }

    private string? FaultOfObject() => _tool.Kind(_root) is not JsonValueKind.Object ? "it is no object"
        : Word(_root, "type") is not "object" ? "its type is not \"object\""
        : null;

    /// <summary>Since 2026-07-28 it may describe anything; before, an object.</summary>
    private string? FaultOfOutput() => _tool.Kind(_root) is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False ? null : "it is no schema";

    private (int Node, string Says)? Visit(int schema, int depth)
    {
        if (_tool.Kind(schema) is JsonValueKind.True or JsonValueKind.False)
            return null;
        if (_tool.Kind(schema) is not JsonValueKind.Object)
            return (schema, "a schema is an object, true or false");
        if (depth > MostDepth || ++_schemas > MostSchemas)
            return null;
        for (var member = _tool.FirstChild(schema); member != JsonTree.None; member = _tool.Next(member))
        {
            if (FaultOf(CanonicalString.Decode(_tool.Key(member)), member, depth) is { } fault)
                return fault;
        }

        return null;
    }

    private (int Node, string Says)? FaultOf(string keyword, int value, int depth)
    {
        switch (keyword)
        {
            case "type":
                return FaultOfType(value);
            case "properties" or "patternProperties" or "$defs" or "definitions" or "dependentSchemas":
                return _tool.Kind(value) is not JsonValueKind.Object ? (value, $"{keyword} is an object of schemas") : Children(value, depth);
            case "items" when _isOlder && _tool.Kind(value) is JsonValueKind.Array:
                return Children(value, depth);
            case "items":
                return _tool.Kind(value) is JsonValueKind.Array
                    ? (value, "items is one schema, not a list (JSON Schema 2020-12 has prefixItems for that, or name the revision in $schema)") : Visit(value, depth + 1);
            case "additionalProperties" or "additionalItems" or "unevaluatedItems" or "unevaluatedProperties" or "contains" or "propertyNames"
                or "not" or "if" or "then" or "else" or "contentSchema":
                return Visit(value, depth + 1);
            case "allOf" or "anyOf" or "oneOf" or "prefixItems":
                return _tool.Kind(value) is not JsonValueKind.Array || _tool.FirstChild(value) == JsonTree.None
                    ? (value, $"{keyword} is a list of at least one schema") : Children(value, depth);
            case "required":
                return FaultOfTexts(value, keyword);
            case "enum":
                return _tool.Kind(value) is JsonValueKind.Array ? null : (value, "enum is a list");
            case "exclusiveMinimum" or "exclusiveMaximum" when _isOlder && _tool.Kind(value) is JsonValueKind.True or JsonValueKind.False:
                return null;
            case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum":
                return _tool.Kind(value) is JsonValueKind.Number ? null : (value, $"{keyword} is a number");
            case "multipleOf":
                return Number(value) > 0 ? null : (value, "multipleOf is a number above 0");
            case "minLength" or "maxLength" or "minItems" or "maxItems" or "minProperties" or "maxProperties" or "minContains" or "maxContains":
                return Number(value) is { } number && number >= 0 && number % 1 == 0 ? null : (value, $"{keyword} is a whole number from 0 on");
            case "uniqueItems" or "readOnly" or "writeOnly" or "deprecated":
                return _tool.Kind(value) is JsonValueKind.True or JsonValueKind.False ? null : (value, $"{keyword} is true or false");
            case "title" or "description" or "pattern" or "format" or "$comment" or "contentEncoding" or "contentMediaType" or "$schema" or "$id" or "$anchor":
                return _tool.Kind(value) is JsonValueKind.String ? null : (value, $"{keyword} is a text");
            case "examples":
                return _tool.Kind(value) is JsonValueKind.Array ? null : (value, "examples is a list");
            case "$ref" or "$dynamicRef":
                return _tool.Kind(value) is JsonValueKind.String ? FaultOfReference(value) : (value, $"{keyword} is a text");
            default:
                return null;
        }
    }

    private (int Node, string Says)? Children(int parent, int depth)
    {
        for (var child = _tool.FirstChild(parent); child != JsonTree.None; child = _tool.Next(child))
        {
            if (Visit(child, depth + 1) is { } fault)
                return fault;
        }

        return null;
    }

    private (int Node, string Says)? FaultOfType(int type)
    {
        if (_tool.Kind(type) is JsonValueKind.Array)
        {
            if (_tool.FirstChild(type) == JsonTree.None)
                return (type, "type is a list of at least one type");
            for (var name = _tool.FirstChild(type); name != JsonTree.None; name = _tool.Next(name))
            {
                if (!IsType(name))
                    return (name, "there is no such type in JSON Schema");
            }

            return null;
        }

        return IsType(type) ? null : (type, "there is no such type in JSON Schema");
    }

    private bool IsType(int name) => _tool.Kind(name) is JsonValueKind.String && Array.IndexOf(Types, CanonicalString.Decode(_tool.Text(name))) >= 0;

    private (int Node, string Says)? FaultOfTexts(int list, string keyword)
    {
        if (_tool.Kind(list) is not JsonValueKind.Array)
            return (list, $"{keyword} is a list of names");
        for (var text = _tool.FirstChild(list); text != JsonTree.None; text = _tool.Next(text))
        {
            if (_tool.Kind(text) is not JsonValueKind.String)
                return (text, $"{keyword} is a list of names");
        }

        return null;
    }

    private (int Node, string Says)? FaultOfReference(int reference)
    {
        var text = CanonicalString.Decode(_tool.Text(reference));
        if (!text.StartsWith('#'))
        {
            // With identifiers inside, it may be one of them.
            if (!_hasIds && _external is null && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "ftp" or "file")
                (_external, _externalAt) = (VisibleText.Line(text, 80), _tool.PointerTo(reference));
            return null;
        }

        if (_hasIds || text is "#" || !text.StartsWith("#/", StringComparison.Ordinal))
            return null;
        return Finds(text[1..]) ? null : (reference, $"$ref names '{VisibleText.Line(text, 60)}', which the schema does not hold");
    }

    private bool Finds(string pointer)
    {
        var node = _root;
        foreach (var part in pointer.Split('/').Skip(1))
        {
            var key = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            var isList = _tool.Kind(node) is JsonValueKind.Array;
            var (child, index) = (_tool.FirstChild(node), 0);
            while (child != JsonTree.None && (isList ? index.ToString(CultureInfo.InvariantCulture) : CanonicalString.Decode(_tool.Key(child))) != key)
                (child, index) = (_tool.Next(child), index + 1);
            if (child == JsonTree.None)
                return false;
            node = child;
        }

        return true;
    }

    private bool HasIds(int node, int depth)
    {
        if (depth > MostDepth)
            return true;
        for (var child = _tool.FirstChild(node); child != JsonTree.None; child = _tool.Next(child))
        {
            if (node != _root && _tool.Kind(node) is JsonValueKind.Object && _tool.Kind(child) is JsonValueKind.String
                && (_tool.Key(child).SequenceEqual("\"$id\""u8) || _tool.Key(child).SequenceEqual("\"$anchor\""u8)))
                return true;
            if (HasIds(child, depth + 1))
                return true;
        }

        return false;
    }

    private double? Number(int node) =>
        _tool.Kind(node) is JsonValueKind.Number && double.TryParse(_tool.Text(node), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private string? Word(int parent, string key) => _tool.Kind(parent) is JsonValueKind.Object && Member(_tool, parent, key) is var node && node != JsonTree.None
        && _tool.Kind(node) is JsonValueKind.String ? CanonicalString.Decode(_tool.Text(node)) : null;

    private static int Member(JsonTree tree, int parent, string key)
    {
        Span<byte> quoted = stackalloc byte[key.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        System.Text.Encoding.ASCII.GetBytes(key, quoted[1..]);
        return tree.Member(parent, quoted);
    }
}
