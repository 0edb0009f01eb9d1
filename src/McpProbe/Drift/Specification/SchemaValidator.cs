using System.Globalization;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Text;

namespace McpProbe.Drift.Specification;

/// <summary>
/// Whether a value is what a JSON Schema allows (2020-12 and the revisions before it). It says no only where that is certain: regular
/// expressions, formats, references out of the schema and keywords that it does not know allow everything.
/// </summary>
internal sealed class SchemaValidator
{
    private const int MostDepth = 64;

    /// <summary>Nested alternatives multiply; what takes longer is allowed.</summary>
    private const int MostSteps = 100_000;

    private readonly JsonTree _schema;
    private readonly int _root;
    private readonly JsonTree _value;
    private int _steps;

    private SchemaValidator(JsonTree schema, int root, JsonTree value) => (_schema, _root, _value) = (schema, root, value);

    /// <summary>Why the value is not allowed, as <c>/temperature is a text, not a number</c>; null when it is, or when nothing is certain.</summary>
    /// <param name="root">The schema's node.</param>
    public static string? FaultOf(JsonTree schema, int root, JsonTree value)
    {
        var validator = new SchemaValidator(schema, root, value);
        return validator.Check(root, JsonTree.Root, 0) is var (node, says)
            ? $"{(value.PointerTo(node) is { Length: > 0 } pointer ? VisibleText.Line(pointer, 120) : "it")} {says}" : null;
    }

    private (int Node, string Says)? Check(int schema, int value, int depth)
    {
        if (depth > MostDepth || ++_steps > MostSteps)
            return null;
        if (_schema.Kind(schema) is JsonValueKind.False)
            return (value, "is not allowed there");
        if (_schema.Kind(schema) is not JsonValueKind.Object)
            return null;
        for (var keyword = _schema.FirstChild(schema); keyword != JsonTree.None; keyword = _schema.Next(keyword))
        {
            if (CheckKeyword(CanonicalString.Decode(_schema.Key(keyword)), keyword, schema, value, depth) is { } fault)
                return fault;
        }

        return null;
    }

    private (int Node, string Says)? CheckKeyword(string name, int keyword, int schema, int value, int depth)
    {
        var kind = _value.Kind(value);
        switch (name)
        {
            case "type":
                return IsOfType(keyword, value) ? null : (value, $"is {What(kind)}, where {TypesOf(keyword)} is promised");
            case "enum" when _schema.Kind(keyword) is JsonValueKind.Array:
                return Any(keyword, each => AreSame(each, value)) ? null : (value, "is none of the values that are promised");
            case "const":
                return AreSame(keyword, value) ? null : (value, "is not the value that is promised");
            case "required" when kind is JsonValueKind.Object:
                for (var text = _schema.FirstChild(keyword); text != JsonTree.None; text = _schema.Next(text))
                {
                    if (_value.Member(value, _schema.Text(text)) == JsonTree.None)
                        return (value, $"lacks '{VisibleText.Line(CanonicalString.Decode(_schema.Text(text)), 60)}'");
                }

                return null;
            case "properties" when kind is JsonValueKind.Object:
                return Each(keyword, property => _value.Member(value, _schema.Key(property)) is var member && member != JsonTree.None
                    ? Check(property, member, depth + 1) : null);
            case "additionalProperties" when kind is JsonValueKind.Object && _schema.Member(schema, "\"patternProperties\""u8) == JsonTree.None:
                var known = _schema.Member(schema, "\"properties\""u8);
                for (var member = _value.FirstChild(value); member != JsonTree.None; member = _value.Next(member))
                {
                    if ((known == JsonTree.None || _schema.Member(known, _value.Key(member)) == JsonTree.None) && Check(keyword, member, depth + 1) is { } fault)
                        return fault;
                }

                return null;
            case "items" when kind is JsonValueKind.Array && _schema.Kind(keyword) is JsonValueKind.Object && _schema.Member(schema, "\"prefixItems\""u8) == JsonTree.None:
                for (var item = _value.FirstChild(value); item != JsonTree.None; item = _value.Next(item))
                {
                    if (Check(keyword, item, depth + 1) is { } fault)
                        return fault;
                }

                return null;
            case "minItems" when kind is JsonValueKind.Array:
                return !(Count(value) < Number(keyword)) ? null : (value, "has fewer items than promised");
            case "maxItems" when kind is JsonValueKind.Array:
                return !(Count(value) > Number(keyword)) ? null : (value, "has more items than promised");
            case "minimum" when kind is JsonValueKind.Number:
                return !(Of(value) < Number(keyword)) ? null : (value, "is below the minimum that is promised");
            case "maximum" when kind is JsonValueKind.Number:
                return !(Of(value) > Number(keyword)) ? null : (value, "is above the maximum that is promised");
            case "minLength" when kind is JsonValueKind.String:
                return !(CanonicalString.Decode(_value.Text(value)).Length < Number(keyword)) ? null : (value, "is shorter than promised");
            case "maxLength" when kind is JsonValueKind.String:
                // In characters, which are never more than UTF-16 units.
                return !(CanonicalString.Decode(_value.Text(value)).EnumerateRunes().Count() > Number(keyword)) ? null : (value, "is longer than promised");
            case "allOf":
                return Each(keyword, each => Check(each, value, depth + 1));
            case "anyOf" or "oneOf" when _schema.Kind(keyword) is JsonValueKind.Array && _schema.FirstChild(keyword) != JsonTree.None:
                return Any(keyword, each => Check(each, value, depth + 1) is null) ? null : (value, "is none of the alternatives that are promised");
            case "$ref":
                return Target(keyword) is var target && target != JsonTree.None ? Check(target, value, depth + 1) : null;
            default:
                return null;
        }
    }

    private bool IsOfType(int type, int value)
    {
        if (_schema.Kind(type) is JsonValueKind.Array)
            return Any(type, each => IsOfType(each, value));
        var kind = _value.Kind(value);
        return _schema.Kind(type) is not JsonValueKind.String || CanonicalString.Decode(_schema.Text(type)) switch
        {
            "object" => kind is JsonValueKind.Object,
            "array" => kind is JsonValueKind.Array,
            "string" => kind is JsonValueKind.String,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            "null" => kind is JsonValueKind.Null,
            "number" => kind is JsonValueKind.Number,
            "integer" => kind is JsonValueKind.Number && Of(value) % 1 == 0,
            _ => true,
        };
    }

    private string TypesOf(int type) => _schema.Kind(type) is JsonValueKind.String
        ? VisibleText.Line(CanonicalString.Decode(_schema.Text(type)), 20) : "another type";

    private bool AreSame(int schema, int value)
    {
        using var left = new PooledBuffer();
        using var right = new PooledBuffer();
        CanonicalJson.Write(_schema, schema, left);
        CanonicalJson.Write(_value, value, right);
        return left.Span.SequenceEqual(right.Span);
    }

    /// <summary>Within the schema; none when it leads elsewhere.</summary>
    private int Target(int reference)
    {
        if (_schema.Kind(reference) is not JsonValueKind.String)
            return JsonTree.None;
        var text = CanonicalString.Decode(_schema.Text(reference));
        if (text is "#")
            return _root;
        if (!text.StartsWith("#/", StringComparison.Ordinal))
            return JsonTree.None;
        var node = _root;
        foreach (var part in text.Split('/').Skip(1))
        {
            var key = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            using var quoted = new PooledBuffer();
            CanonicalString.Write(key, quoted);
            node = _schema.Member(node, quoted.Span);
            if (node == JsonTree.None)
                return node;
        }

        return node;
    }

    private (int Node, string Says)? Each(int parent, Func<int, (int Node, string Says)?> check)
    {
        for (var child = _schema.FirstChild(parent); child != JsonTree.None; child = _schema.Next(child))
        {
            if (check(child) is { } fault)
                return fault;
        }

        return null;
    }

    private bool Any(int parent, Func<int, bool> holds)
    {
        for (var child = _schema.FirstChild(parent); child != JsonTree.None; child = _schema.Next(child))
        {
            if (holds(child))
                return true;
        }

        return false;
    }

    private int Count(int list)
    {
        var count = 0;
        for (var item = _value.FirstChild(list); item != JsonTree.None; item = _value.Next(item))
            count++;
        return count;
    }

    private double? Of(int value) => Parse(_value.Text(value));

    private double? Number(int keyword) => _schema.Kind(keyword) is JsonValueKind.Number ? Parse(_schema.Text(keyword)) : null;

    private static double? Parse(ReadOnlySpan<byte> text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string What(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Number => "a number",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        _ => "a text",
    };
}
