using System.Globalization;
using System.Text.Json;

namespace McpProbe.Drift.Schemas;

/// <summary>Intersection, union and disjointness of normal forms.</summary>
internal static class SchemaAlgebra
{
    // A product of unions grows without end; no tool has this many.
    private const int MostVariants = 256;

    // Integers beyond are not exact everywhere (RFC 7493, 2.2): a bound of an integer that lies there bounds nothing.
    private const double MostSafeInteger = 9007199254740991;

    public static SchemaForm Intersect(SchemaForm left, SchemaForm right, WorkBudget budget)
    {
        var keyword = left.TypeKeyword ?? right.TypeKeyword;
        if (left.IsAny && !left.IsExplicitlyOpen) return right with { TypeKeyword = keyword };
        if (right.IsAny && !right.IsExplicitlyOpen) return left with { TypeKeyword = keyword };
        var variants = new List<Variant>();
        foreach (var x in left.Variants)
        {
            foreach (var y in right.Variants)
            {
                budget.Spend();
                if (x.Type == y.Type && Intersect(x, y) is { } both) variants.Add(both);
            }
        }

        if (variants.Count > MostVariants) throw new TooComplexException();
        return new SchemaForm(variants, keyword);
    }

    /// <summary>The form of a combinator's member: its variants remember which member they come from.</summary>
    public static SchemaForm From(SchemaLocation member, SchemaForm form) => form with
    {
        Variants = [.. form.Variants.Select(variant => variant.Sources.Count > 0 ? variant : variant with { Sources = [member] })],
    };

    public static SchemaForm Union(IReadOnlyList<SchemaForm> forms, WorkBudget budget)
    {
        var variants = new List<Variant>();
        foreach (var type in ValueType.All)
        {
            var ofType = forms.SelectMany(form => form.Variants).Where(variant => variant.Type == type).ToList();
            budget.Spend(ofType.Count);
            if (ofType.Find(variant => variant.IsPlain) is { } plain)
            {
                variants.Add(plain with { Sources = SourcesOf(ofType), IsExplicitlyOpen = ofType.Exists(variant => variant.IsExplicitlyOpen) });
                continue;
            }

            var listed = ofType.FindAll(variant => variant.Values is not null && variant.HoldsOnlyValues);
            if (listed.Count > 1)
            {
                var values = listed.SelectMany(variant => variant.Values!).DistinctBy(value => value.Key).ToDictionary();
                ofType.RemoveAll(listed.Contains);
                ofType.Add(Finish(new Variant(type) { Values = values, Sources = SourcesOf(listed) })!);
            }

            variants.AddRange(ofType);
        }

        if (variants.Count > MostVariants) throw new TooComplexException();
        return new SchemaForm(variants, forms.Count == 1 ? forms[0].TypeKeyword : null);
    }

    /// <summary>No value is valid against two of the forms, as far as can be shown.</summary>
    public static bool AreDisjoint(IReadOnlyList<SchemaForm> forms, WorkBudget budget)
    {
        for (var i = 0; i < forms.Count; i++)
        {
            for (var j = i + 1; j < forms.Count; j++)
            {
                foreach (var x in forms[i].Variants)
                {
                    budget.Spend();
                    if (forms[j].Variants.Any(y => !AreDisjoint(x, y))) return false;
                }
            }
        }

        return true;
    }

    public static bool AreDisjoint(Variant left, Variant right)
    {
        if (left.Type != right.Type) return true;
        if (Intersect(left, right) is not { } both) return true;

        // A required property that no value fits: two constants that tell the variants apart, or a name that one of them refuses. A
        // name that only one describes may fit a pattern of the other.
        return both.Required.Keys.Any(name =>
            (both.PatternProperties.Count == 0 || (left.Properties.ContainsKey(name) && right.Properties.ContainsKey(name)))
            && (both.Properties.TryGetValue(name, out var property) ? property.IsFalse || property.Form.IsNever : both.Additional?.IsFalse == true));
    }

    /// <summary>Brings the constraints of one variant together; null when no value is left.</summary>
    public static Variant? Finish(Variant variant)
    {
        if (variant.IsInteger) variant = variant with { Bounds = BoundsOfIntegers(variant.Bounds) };
        foreach (var (kind, upper) in variant.Bounds)
        {
            if (Bound.IsLower(kind) || !variant.Bounds.TryGetValue((BoundKind)(kind - BoundKind.Maximum), out var lower)) continue;
            if (lower.Value > upper.Value || (lower.Value == upper.Value && (lower.IsExclusive || upper.IsExclusive))) return null;
        }

        if (variant.Values is not null) return FinishValues(variant);
        return variant.Type == JsonValueKind.Array ? FinishItems(variant) : variant;
    }

    /// <summary>Whether a listed number or string keeps to the bounds of a variant.</summary>
    public static bool Allows(Variant variant, TreeNode value) => variant.Type switch
    {
        JsonValueKind.Number => double.Parse(value.Canonical, CultureInfo.InvariantCulture) is var number
            && (!variant.IsInteger || Math.Floor(number) == number)
            && variant.Bounds.All(bound => bound.Value.Allows(bound.Key, number))
            && variant.MultipleOf.Keys.All(step => IsMultiple(value.Canonical, step)),
        JsonValueKind.String => Length(value.String) is var length && variant.Bounds.All(bound => bound.Value.Allows(bound.Key, length)),
        _ => true,
    };

    public static bool IsMultiple(string number, string step) =>
        number == step || (Exact(number) is { } value && Exact(step) is { } unit && value % unit == 0);

    // Null for what no decimal holds: next to nothing would become zero, which is a multiple of everything.
    private static decimal? Exact(string number) =>
        decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && (double)value == double.Parse(number, CultureInfo.InvariantCulture) ? value : null;

    // In characters (code points), as JSON Schema counts.
    private static int Length(string text) => text.EnumerateRunes().Count();

    private static Variant? Intersect(Variant left, Variant right)
    {
        var merged = new Variant(left.Type)
        {
            Sources = SourcesOf([left, right]),
            Values = left.Values is null || right.Values is null
                ? left.Values ?? right.Values
                : left.Values.Where(value => right.Values.ContainsKey(value.Key)).ToDictionary(),
            IsInteger = left.IsInteger || right.IsInteger,
            Bounds = Tightest(left.Bounds, right.Bounds),
            MultipleOf = All(left.MultipleOf, right.MultipleOf),
            Patterns = All(left.Patterns, right.Patterns),
            Formats = All(left.Formats, right.Formats),
            Opaque = All(left.Opaque, right.Opaque),
        };
        if (left.Type == JsonValueKind.Array)
        {
            merged = merged with
            {
                UniqueItems = left.UniqueItems ?? right.UniqueItems,
                Prefix = [.. Enumerable.Range(0, Math.Max(left.Prefix.Count, right.Prefix.Count))
                    .Select(i => SchemaReader.Both(left.Prefix.ElementAtOrDefault(i) ?? RestAt(left, i), right.Prefix.ElementAtOrDefault(i) ?? RestAt(right, i)))],
                Rest = SchemaReader.Both(left.Rest, right.Rest),
            };
        }
        else if (left.Type == JsonValueKind.Object)
        {
            merged = IntersectObjects(merged, left, right);
        }

        return Finish(merged);
    }

    private static Subschema? RestAt(Variant variant, int index) => index < variant.Prefix.Count ? null : variant.Rest;

    private static Variant IntersectObjects(Variant merged, Variant left, Variant right)
    {
        var additional = SchemaReader.Both(left.Additional, right.Additional);
        var properties = left.Properties.Keys.Union(right.Properties.Keys).ToDictionary(name => name, name =>
            SchemaReader.Both(left.Properties.GetValueOrDefault(name) ?? left.Additional, right.Properties.GetValueOrDefault(name) ?? right.Additional)!);
        var patterns = left.PatternProperties.Keys.Union(right.PatternProperties.Keys).ToDictionary(name => name, name =>
            SchemaReader.Both(left.PatternProperties.GetValueOrDefault(name), right.PatternProperties.GetValueOrDefault(name))!);
        var opaque = merged.Opaque;
        if (patterns.Count > 0 && additional is not null)
        {
            // Which names the patterns leave over is not worked out.
            var first = patterns.Values.First();
            opaque = new Dictionary<string, Constraint>(opaque)
            {
                [$"patternProperties {first.Reader.References.WholeDocument}"] = new Constraint("patternProperties", first.Home),
            };
        }

        return merged with
        {
            Properties = properties,
            PatternProperties = patterns,
            Additional = additional,
            IsExplicitlyOpen = additional is null && (left.IsExplicitlyOpen || right.IsExplicitlyOpen),
            PropertyNames = SchemaReader.Both(left.PropertyNames, right.PropertyNames),
            Required = All(left.Required, right.Required),
            DependentRequired = All(left.DependentRequired, right.DependentRequired),
            Opaque = opaque,
        };
    }

    private static IReadOnlyDictionary<string, T> All<T>(IReadOnlyDictionary<string, T> left, IReadOnlyDictionary<string, T> right) =>
        right.Count == 0 ? left : left.Count == 0 ? right : left.Concat(right).DistinctBy(pair => pair.Key).ToDictionary();

    private static IReadOnlyDictionary<BoundKind, Bound> Tightest(IReadOnlyDictionary<BoundKind, Bound> left, IReadOnlyDictionary<BoundKind, Bound> right)
    {
        if (right.Count == 0) return left;
        var all = new Dictionary<BoundKind, Bound>(left);
        foreach (var (kind, bound) in right)
        {
            if (!all.TryGetValue(kind, out var other) || bound.CompareTo(kind, other) > 0) all[kind] = bound;
        }

        return all;
    }

    private static List<SchemaLocation> SourcesOf(IEnumerable<Variant> variants) =>
        [.. variants.SelectMany(variant => variant.Sources).DistinctBy(source => source.Node.Id)];

    private static Dictionary<BoundKind, Bound> BoundsOfIntegers(IReadOnlyDictionary<BoundKind, Bound> bounds)
    {
        var whole = new Dictionary<BoundKind, Bound>();
        foreach (var (kind, bound) in bounds)
        {
            // Above 0 begins with 1.
            var isLower = Bound.IsLower(kind);
            var value = isLower ? Math.Ceiling(bound.Value) : Math.Floor(bound.Value);
            if (bound.IsExclusive && value == bound.Value) value += isLower ? 1 : -1;
            if (isLower ? value > -MostSafeInteger : value < MostSafeInteger) whole[kind] = new Bound(value, false, bound.At);
        }

        return whole;
    }

    // A list says all that bounds could say of it.
    private static Variant? FinishValues(Variant variant)
    {
        var values = variant.Values!.Where(value => Allows(variant, value.Value.Value)).ToDictionary();
        if (values.Count == 0) return null;
        if (variant.Type == JsonValueKind.True && values.Count == 2) return variant with { Values = null };
        return variant.Type is JsonValueKind.Number or JsonValueKind.String
            ? variant with { Values = values, IsInteger = false, Bounds = Bound.None, MultipleOf = Variant.NoKeywords }
            : variant with { Values = values };
    }

    private static Variant FinishItems(Variant variant)
    {
        var prefix = variant.Prefix.ToList();
        while (prefix.Count > 0 && prefix[^1] == variant.Rest) prefix.RemoveAt(prefix.Count - 1);
        return prefix.Count == variant.Prefix.Count ? variant : variant with { Prefix = prefix };
    }
}
