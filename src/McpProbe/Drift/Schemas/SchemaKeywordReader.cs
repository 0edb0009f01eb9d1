using System.Globalization;
using System.Text.Json;

namespace McpProbe.Drift.Schemas;

/// <summary>Reads the keywords of one schema object that hold by themselves: all but references and combinators.</summary>
/// <remarks>Longer than other files: it has a few lines for each keyword that it knows.</remarks>
internal sealed class SchemaKeywordReader
{
    private static readonly HashSet<string> Combinators = ["$ref", "allOf", "anyOf", "oneOf", "not"];

    private static readonly HashSet<string> Structure = ["$id", "id", "$anchor", "$defs", "definitions", "$vocabulary", "title", "description"];

    private static readonly HashSet<string> Remarks =
    [
        "$comment", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "contentSchema",
        "discriminator", "externalDocs", "xml", "markdownDescription", "enumNames", "enumDescriptions", "propertyOrdering",
    ];

    /// <summary>Of which null says what leaving them out says: some generators write every member that they know. Not const.</summary>
    private static readonly HashSet<string> Optional =
    [
        "$ref", "$schema", "type", "enum", "nullable", "format", "pattern", "minLength", "maxLength",
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "items", "prefixItems", "additionalItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems",
        "properties", "patternProperties", "additionalProperties", "propertyNames", "required", "dependentRequired", "dependentSchemas", "dependencies",
        "minProperties", "maxProperties", "unevaluatedProperties", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
    ];

    private static readonly (string Keyword, BoundKind Kind, JsonValueKind Type)[] Sizes =
    [
        ("minLength", BoundKind.MinLength, JsonValueKind.String), ("maxLength", BoundKind.MaxLength, JsonValueKind.String),
        ("minItems", BoundKind.MinItems, JsonValueKind.Array), ("maxItems", BoundKind.MaxItems, JsonValueKind.Array),
        ("minProperties", BoundKind.MinProperties, JsonValueKind.Object), ("maxProperties", BoundKind.MaxProperties, JsonValueKind.Object),
    ];

    private readonly SchemaLocation _at;
    private readonly SchemaReferences _references;
    private readonly Dictionary<string, TreeNode> _unread;
    private readonly List<(Constraint Constraint, string Meaning)> _opaque = [];

    public SchemaKeywordReader(SchemaLocation at, SchemaReferences references)
    {
        _at = at;
        _references = references;
        _unread = at.Node.Members.ToDictionary(member => member.Key, member => member.Value);
        foreach (var key in _unread.Where(member => IsAnnotation(member.Key) || (member.Value.IsNothing && Optional.Contains(member.Key))).Select(member => member.Key).ToList()) _unread.Remove(key);
        if (references.TargetOf(at) is not null) _unread.Remove("$ref");
    }

    /// <summary>The members of a combinator; none when it is missing or malformed.</summary>
    public List<SchemaLocation> Members(string keyword)
    {
        if (!_unread.TryGetValue(keyword, out var list) || !list.Elements.TrueForAll(IsSchema) || list.Elements.Count == 0) return [];
        _unread.Remove(keyword);
        return [.. list.Elements.Select((member, index) => _at.Below(keyword, list).Below(index.ToString(CultureInfo.InvariantCulture), member))];
    }

    /// <summary>What the keywords say together.</summary>
    /// <param name="subschema">Gives the schema at a place.</param>
    public SchemaForm Form(Func<SchemaLocation, Subschema> subschema)
    {
        var types = Types();
        var values = Values();
        var variants = new List<Variant>();
        var formats = Texts("format");
        var numbers = Numbers(types?.Contains("integer") == true && !types.Contains("number"), formats);
        var strings = new Variant(JsonValueKind.String) { Patterns = Texts("pattern"), Formats = formats, Bounds = SizesOf(JsonValueKind.String) };
        var arrays = Arrays(subschema);
        var objects = Objects(subschema);
        foreach (var type in ValueType.All)
        {
            if (types is not null && !types.Any(name => TypeOf(name) == type)) continue;
            var variant = type switch
            {
                JsonValueKind.Number => numbers,
                JsonValueKind.String => strings,
                JsonValueKind.Array => arrays,
                JsonValueKind.Object => objects,
                _ => new Variant(type),
            };
            var listed = values?.Where(value => ValueType.Of(value.Value.Value) == type).ToDictionary();
            if (listed is { Count: 0 }) continue;
            if (SchemaAlgebra.Finish(type == JsonValueKind.Null ? variant : variant with { Values = listed }) is { } finished) variants.Add(finished);
        }

        return new SchemaForm(variants, types is null ? null : _at.Below("type"));
    }

    /// <summary>What was not read: constraints that are compared for equality only. To be asked for last.</summary>
    public IReadOnlyList<(Constraint Constraint, string Meaning)> Opaque()
    {
        if (Schema("if") is { } condition)
        {
            var branches = new[] { Schema("then"), Schema("else") }.OfType<SchemaLocation>().ToList();
            if (branches.Count > 0)
                Keep("if", condition, string.Join(' ', branches.Prepend(condition).Select(branch => branch.Node.QuotedKey + _references.Meaning(branch))));
        }
        else
        {
            // Without a condition they mean nothing.
            Schema("then");
            Schema("else");
        }

        if (_unread.Remove("$schema", out var dialect) && !(dialect.Kind == JsonValueKind.String && dialect.String.Contains("json-schema.org/", StringComparison.Ordinal)))
            Keep("$schema", _at.Below("$schema"), dialect.Canonical);
        foreach (var keyword in _unread.Keys)
        {
            var at = _at.Below(keyword);
            var meaning = keyword switch
            {
                "contains" or "unevaluatedItems" or "unevaluatedProperties" => _references.Meaning(at),
                "dependentSchemas" or "dependencies" => _references.MeaningOfMap(at),
                "$ref" or "$dynamicRef" or "$recursiveRef" => _references.WholeDocument,
                _ => at.Node.Canonical,
            };
            Keep(keyword, at, meaning);
        }

        return _opaque;
    }

    /// <summary>A keyword that limits no value and is not part of the schema's text.</summary>
    public static bool IsRemark(string key) => Remarks.Contains(key) || key.StartsWith("x-", StringComparison.OrdinalIgnoreCase);

    private static bool IsSchema(TreeNode node) => node.IsObject || node.Kind is JsonValueKind.True or JsonValueKind.False;

    private static bool IsAnnotation(string key) => Structure.Contains(key) || IsRemark(key);

    private static JsonValueKind TypeOf(string name) => name switch
    {
        "null" => JsonValueKind.Null,
        "boolean" => JsonValueKind.True,
        "integer" or "number" => JsonValueKind.Number,
        "string" => JsonValueKind.String,
        "array" => JsonValueKind.Array,
        "object" => JsonValueKind.Object,
        _ => JsonValueKind.Undefined,
    };

    private void Keep(string keyword, SchemaLocation at, string meaning) => _opaque.Add((new Constraint(keyword, at), meaning));

    /// <summary>The schema of a keyword, which then counts as read; null when it is missing or malformed.</summary>
    public SchemaLocation? Schema(string keyword)
    {
        if (!_unread.TryGetValue(keyword, out var node) || !IsSchema(node)) return null;
        _unread.Remove(keyword);
        return _at.Below(keyword, node);
    }

    private HashSet<string>? Types()
    {
        if (!_unread.TryGetValue("type", out var node)) return null;
        var elements = node.IsArray ? node.Elements : [node];
        if (!elements.TrueForAll(type => type.Kind == JsonValueKind.String && TypeOf(type.String) != JsonValueKind.Undefined)) return null;
        _unread.Remove("type");
        var names = elements.Select(type => type.String).ToHashSet();

        // OpenAPI 3.0, which validators understand only beside type.
        if (_unread.TryGetValue("nullable", out var nullable) && nullable.Kind is JsonValueKind.True or JsonValueKind.False)
        {
            _unread.Remove("nullable");
            if (nullable.Kind == JsonValueKind.True) names.Add("null");
        }

        return names;
    }

    private Dictionary<string, Keyword>? Values()
    {
        Dictionary<string, Keyword>? values = null;
        if (_unread.TryGetValue("enum", out var list) && list.IsArray)
        {
            _unread.Remove("enum");
            var at = _at.Below("enum", list);
            values = list.Elements.DistinctBy(value => value.Canonical).ToDictionary(value => value.Canonical, value => new Keyword(at, value));
        }

        if (_unread.Remove("const", out var only))
        {
            var canonical = only.Canonical;
            var isListed = values?.ContainsKey(canonical) != false;
            values = isListed ? new() { [canonical] = Keyword.Whole(_at.Below("const", only)) } : [];
        }

        return values;
    }

    private Variant Numbers(bool isInteger, Dictionary<string, Keyword> formats)
    {
        var bounds = new Dictionary<BoundKind, Bound>();
        Bound("minimum", "exclusiveMinimum", BoundKind.Minimum);
        Bound("maximum", "exclusiveMaximum", BoundKind.Maximum);
        var multipleOf = new Dictionary<string, Keyword>();
        if (_unread.TryGetValue("multipleOf", out var step) && Number(step) is > 0)
        {
            _unread.Remove("multipleOf");
            if (step.Canonical == "1") isInteger = true;
            else multipleOf[step.Canonical] = Keyword.Whole(_at.Below("multipleOf", step));
        }

        return new Variant(JsonValueKind.Number) { IsInteger = isInteger, Bounds = bounds, MultipleOf = multipleOf, Formats = formats };

        // Draft-04 has a flag beside the bound; since draft-06 the exclusive bound is a number of its own.
        void Bound(string inclusive, string exclusive, BoundKind kind)
        {
            var isFlagged = false;
            if (_unread.TryGetValue(exclusive, out var flag))
            {
                if (flag.Kind is JsonValueKind.True or JsonValueKind.False)
                {
                    _unread.Remove(exclusive);
                    isFlagged = flag.Kind == JsonValueKind.True;
                }
                else if (Number(flag) is { } number)
                {
                    _unread.Remove(exclusive);
                    bounds[kind] = new Bound(number, true, _at.Below(exclusive, flag));
                }
            }

            if (_unread.TryGetValue(inclusive, out var node) && Number(node) is { } value)
            {
                _unread.Remove(inclusive);
                var bound = new Bound(value, isFlagged, _at.Below(inclusive, node));
                if (!bounds.TryGetValue(kind, out var other) || bound.CompareTo(kind, other) > 0) bounds[kind] = bound;
            }
        }
    }

    private Variant Arrays(Func<SchemaLocation, Subschema> subschema)
    {
        var bounds = SizesOf(JsonValueKind.Array);
        var prefix = new List<Subschema?>();
        var rest = "items";

        // Draft-07 writes a tuple as a list in items, and the rest as additionalItems.
        foreach (var keyword in (string[])["prefixItems", "items"])
        {
            if (prefix.Count > 0 || !_unread.TryGetValue(keyword, out var list) || !list.IsArray || !list.Elements.TrueForAll(IsSchema)) continue;
            _unread.Remove(keyword);
            var at = _at.Below(keyword, list);
            prefix.AddRange(list.Elements.Select((item, index) => Limiting(subschema, at.Below(index.ToString(CultureInfo.InvariantCulture), item))));
            if (keyword == "items") rest = "additionalItems";
        }

        if (rest == "items") Schema("additionalItems");
        Subschema? further = null;
        if (Schema(rest) is { } restAt)
        {
            further = Limiting(subschema, restAt);
            if (further?.IsFalse == true)
            {
                // No further item is a largest length.
                var most = new Bound(prefix.Count, false, restAt);
                if (!bounds.TryGetValue(BoundKind.MaxItems, out var other) || most.Value < other.Value) bounds[BoundKind.MaxItems] = most;
                further = null;
            }
        }

        SchemaLocation? unique = null;
        if (_unread.TryGetValue("uniqueItems", out var flag) && flag.Kind is JsonValueKind.True or JsonValueKind.False)
        {
            _unread.Remove("uniqueItems");
            if (flag.Kind == JsonValueKind.True) unique = _at.Below("uniqueItems", flag);
        }

        // Bounds on how many items match mean nothing without what they are to match.
        if (!_unread.ContainsKey("contains"))
        {
            _unread.Remove("minContains");
            _unread.Remove("maxContains");
        }

        return new Variant(JsonValueKind.Array) { Bounds = bounds, Prefix = prefix, Rest = further, UniqueItems = unique };
    }

    private Variant Objects(Func<SchemaLocation, Subschema> subschema)
    {
        var required = new Dictionary<string, Keyword>();
        if (_unread.TryGetValue("required", out var names) && IsListOfNames(names))
        {
            _unread.Remove("required");
            var at = _at.Below("required", names);
            foreach (var name in names.Elements) required[name.String] = new Keyword(at, name);
        }

        var closing = Schema("additionalProperties");

        // Without neighbours that describe properties, what they leave unevaluated is what this schema does not describe.
        if (closing is null && !Combinators.Append("if").Append("dependentSchemas").Append("dependencies").Any(_at.Node.Members.Select(member => member.Key).Contains))
            closing = Schema("unevaluatedProperties");
        var additional = closing is null ? null : Limiting(subschema, closing);
        return new Variant(JsonValueKind.Object)
        {
            Bounds = SizesOf(JsonValueKind.Object),
            Properties = Map("properties", subschema),
            PatternProperties = Map("patternProperties", subschema),
            Additional = additional,
            IsExplicitlyOpen = closing is not null && additional is null,
            PropertyNames = Schema("propertyNames") is { } propertyNames ? Limiting(subschema, propertyNames) : null,
            Required = required,
            DependentRequired = DependentRequired(),
        };
    }

    // Null for what says nothing.
    private static Subschema? Limiting(Func<SchemaLocation, Subschema> subschema, SchemaLocation at) =>
        at.Node.Kind == JsonValueKind.True || (at.Node.IsObject && at.Node.Members.Count == 0) ? null : subschema(at);

    private Dictionary<string, Subschema> Map(string keyword, Func<SchemaLocation, Subschema> read)
    {
        if (!_unread.TryGetValue(keyword, out var map) || !map.IsObject || !map.Members.TrueForAll(member => IsSchema(member.Value))) return [];
        _unread.Remove(keyword);
        var at = _at.Below(keyword, map);
        return map.Members.ToDictionary(member => member.Key, member => read(at.Below(member.Key, member.Value)));
    }

    private Dictionary<string, Keyword> DependentRequired()
    {
        var pairs = new Dictionary<string, Keyword>();
        foreach (var keyword in (string[])["dependentRequired", "dependencies"])
        {
            if (!_unread.TryGetValue(keyword, out var map) || !map.IsObject || !map.Members.TrueForAll(member => IsListOfNames(member.Value))) continue;
            _unread.Remove(keyword);
            foreach (var (key, names) in map.Members)
            {
                var at = _at.Below(keyword, map).Below(key, names);
                foreach (var name in names.Elements) pairs.TryAdd($"[{names.QuotedKey},{name.Canonical}]", new Keyword(at, name));
            }
        }

        return pairs;
    }

    private Dictionary<BoundKind, Bound> SizesOf(JsonValueKind type)
    {
        var bounds = new Dictionary<BoundKind, Bound>();
        foreach (var (keyword, kind, of) in Sizes)
        {
            if (of != type || !_unread.TryGetValue(keyword, out var node) || Number(node) is not (>= 0 and var value)) continue;
            _unread.Remove(keyword);
            if (value > 0 || !Bound.IsLower(kind)) bounds[kind] = new Bound(value, false, _at.Below(keyword, node));
        }

        return bounds;
    }

    private Dictionary<string, Keyword> Texts(string keyword)
    {
        if (!_unread.TryGetValue(keyword, out var node) || node.Kind != JsonValueKind.String) return [];
        _unread.Remove(keyword);
        return new() { [node.Canonical] = Keyword.Whole(_at.Below(keyword, node)) };
    }

    private static bool IsListOfNames(TreeNode node) => node.IsArray && node.Elements.TrueForAll(name => name.Kind == JsonValueKind.String);

    // Null for what no double holds.
    private static double? Number(TreeNode node) =>
        node.Kind == JsonValueKind.Number && double.Parse(node.Canonical, CultureInfo.InvariantCulture) is var value && double.IsFinite(value) ? value : null;
}
