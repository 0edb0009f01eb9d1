using System.Text.Json;

namespace McpProbe.Drift.Schemas;

/// <summary>
/// The normal form of a schema: a union of variants, each of one type. References are resolved, <c>allOf</c> is merged, <c>anyOf</c> and a
/// <c>oneOf</c> of disjoint members are taken apart, so that schemas that differ in notation only have the same form.
/// </summary>
/// <param name="Variants">None: no value is valid.</param>
/// <param name="TypeKeyword">The <c>type</c> that limits the types, if one keyword does.</param>
internal sealed record SchemaForm(IReadOnlyList<Variant> Variants, SchemaLocation? TypeKeyword = null)
{
    public static readonly SchemaForm Any = new([.. ValueType.All.Select(type => new Variant(type))]);

    public static readonly SchemaForm Never = new([]);

    /// <summary>Every value is valid.</summary>
    public bool IsAny => Variants.Count >= ValueType.All.Length && ValueType.All.All(type => Variants.Any(variant => variant.Type == type && variant.IsPlain));

    /// <summary>Some object may hold further members, in so many words.</summary>
    public bool IsExplicitlyOpen => Variants.Any(variant => variant.IsExplicitlyOpen);

    public bool IsNever => Variants.Count == 0;

    /// <summary>Only listed values are valid.</summary>
    public bool IsFinite => Variants.All(variant => variant.Values is not null || variant.Type == JsonValueKind.Null);

    public List<Variant> Of(JsonValueKind type) => [.. Variants.Where(variant => variant.Type == type)];
}

/// <summary>The types of JSON values; <see cref="JsonValueKind.True"/> stands for both booleans.</summary>
internal static class ValueType
{
    public static readonly JsonValueKind[] All =
        [JsonValueKind.Null, JsonValueKind.True, JsonValueKind.Number, JsonValueKind.String, JsonValueKind.Array, JsonValueKind.Object];

    public static JsonValueKind Of(TreeNode value) => value.Kind == JsonValueKind.False ? JsonValueKind.True : value.Kind;
}

/// <summary>The values of one type that a schema allows: all constraints hold at once. What is null or empty constrains nothing.</summary>
internal sealed record Variant(JsonValueKind Type)
{
    public static readonly Dictionary<string, Keyword> NoKeywords = [];

    /// <summary>Members of <c>anyOf</c> and <c>oneOf</c> that this stands for; their text is compared, too.</summary>
    public IReadOnlyList<SchemaLocation> Sources { get; init; } = [];

    /// <summary><c>enum</c> or <c>const</c>, by canonical JSON.</summary>
    public IReadOnlyDictionary<string, Keyword>? Values { get; init; }

    public bool IsInteger { get; init; }

    public IReadOnlyDictionary<BoundKind, Bound> Bounds { get; init; } = Bound.None;

    public IReadOnlyDictionary<string, Keyword> MultipleOf { get; init; } = NoKeywords;

    public IReadOnlyDictionary<string, Keyword> Patterns { get; init; } = NoKeywords;

    public IReadOnlyDictionary<string, Keyword> Formats { get; init; } = NoKeywords;

    public SchemaLocation? UniqueItems { get; init; }

    /// <summary>The schemas of the first items of a tuple; null for any value.</summary>
    public IReadOnlyList<Subschema?> Prefix { get; init; } = [];

    /// <summary>The schema of all further items.</summary>
    public Subschema? Rest { get; init; }

    public IReadOnlyDictionary<string, Subschema> Properties { get; init; } = Subschema.None;

    public IReadOnlyDictionary<string, Subschema> PatternProperties { get; init; } = Subschema.None;

    /// <summary>The schema of members that neither of the above describes.</summary>
    public Subschema? Additional { get; init; }

    /// <summary>Further members are allowed in so many words, not by silence.</summary>
    public bool IsExplicitlyOpen { get; init; }

    public Subschema? PropertyNames { get; init; }

    public IReadOnlyDictionary<string, Keyword> Required { get; init; } = NoKeywords;

    /// <summary>By the canonical JSON of [name, name that it requires].</summary>
    public IReadOnlyDictionary<string, Keyword> DependentRequired { get; init; } = NoKeywords;

    /// <summary>Constraints that are only ever compared for equality, by keyword and meaning.</summary>
    public IReadOnlyDictionary<string, Constraint> Opaque { get; init; } = Constraint.None;

    /// <summary>All values of the type are valid.</summary>
    public bool IsPlain => Values is null && HoldsOnlyValues;

    /// <summary>Nothing but the list of values limits it.</summary>
    public bool HoldsOnlyValues =>
        !IsInteger && Bounds.Count == 0 && MultipleOf.Count == 0 && Patterns.Count == 0 && Formats.Count == 0
        && UniqueItems is null && Prefix.Count == 0 && Rest is null
        && Properties.Count == 0 && PatternProperties.Count == 0 && Additional is null && PropertyNames is null
        && Required.Count == 0 && DependentRequired.Count == 0 && Opaque.Count == 0;
}

/// <summary>Where a constraint stands, and the part of it that is meant (one name of <c>required</c>).</summary>
internal readonly record struct Keyword(SchemaLocation At, TreeNode Value)
{
    /// <summary>The keyword with all that it says.</summary>
    public static Keyword Whole(SchemaLocation at) => new(at, at.Node);
}

/// <summary>A constraint that is not taken apart.</summary>
/// <param name="Name">Its keyword; empty for what stands in the place of a schema and is none.</param>
internal readonly record struct Constraint(string Name, SchemaLocation At)
{
    public static readonly Dictionary<string, Constraint> None = [];

    /// <summary>Of a <c>oneOf</c> whose members may overlap: what each of them allows.</summary>
    public IReadOnlyList<SchemaForm>? Members { get; init; }

    /// <summary>Known to narrow what it stands in, so that leaving it out widens it. Of an unknown keyword nothing is known.</summary>
    public bool Narrows => Name is "not" or "if" or "oneOf" or "contains" or "dependentSchemas" or "dependencies" or "unevaluatedItems" or "unevaluatedProperties";
}

/// <summary>What an upper or lower bound limits.</summary>
internal enum BoundKind
{
    Minimum,
    MinLength,
    MinItems,
    MinProperties,
    Maximum,
    MaxLength,
    MaxItems,
    MaxProperties,
}

internal readonly record struct Bound(double Value, bool IsExclusive, SchemaLocation At)
{
    public static readonly Dictionary<BoundKind, Bound> None = [];

    public static bool IsLower(BoundKind kind) => kind <= BoundKind.MinProperties;

    /// <summary>Whether it refuses more than the other: above 0, 0 below it.</summary>
    public int CompareTo(BoundKind kind, Bound other)
    {
        var order = IsLower(kind) ? Value.CompareTo(other.Value) : other.Value.CompareTo(Value);
        return order != 0 ? order : IsExclusive.CompareTo(other.IsExclusive);
    }

    public bool Allows(BoundKind kind, double value) =>
        IsLower(kind)
            ? value > Value || (value == Value && !IsExclusive)
            : value < Value || (value == Value && !IsExclusive);
}

/// <summary>
/// A schema in a document, or the conjunction of several (the same property in two members of an <c>allOf</c>). There is one object for
/// each, so that references lead back to the same. Its form is made when first asked for: schemas may contain themselves.
/// </summary>
internal sealed class Subschema(SchemaReader reader, IReadOnlyList<SchemaLocation> parts)
{
    public static readonly Dictionary<string, Subschema> None = [];

    private SchemaForm? _form;

    public SchemaReader Reader => reader;

    public IReadOnlyList<SchemaLocation> Parts => parts;

    /// <summary>Where it is used.</summary>
    public SchemaLocation Home => parts[0];

    public SchemaForm Form => _form ??= reader.Normalize(parts);

    /// <summary>The schema <c>false</c>, which no value fits.</summary>
    public bool IsFalse => parts.Any(part => part.Node.Kind == JsonValueKind.False);
}
