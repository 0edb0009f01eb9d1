using System.Text.Json;

namespace McpProbe.Drift.Schemas;

/// <summary>A difference and where it stands: in the new schema, or in the old one if only that has the keyword.</summary>
internal readonly record struct SchemaDifference(SchemaRule Rule, SchemaLocation Where, TreeNode Before, TreeNode After, string? Name);

/// <summary>
/// Compares normal forms: each difference narrows or widens the set of valid values, and where none does, the one set contains the
/// other. Schemas that contain themselves are equal if no difference is found on the way back to where the comparison began, which
/// holds because each way leads deeper into the value, and values are finite.
/// </summary>
/// <remarks>Longer than other files: its methods call each other in a circle (a value, its members, its variants) and share what was told.</remarks>
/// <param name="texts">Told every pair of schemas that correspond to each other.</param>
internal sealed class SchemaComparer(WorkBudget budget, Action<IReadOnlyList<SchemaLocation>, IReadOnlyList<SchemaLocation>> texts)
{
    private readonly List<SchemaDifference> _differences = [];
    private readonly HashSet<(Subschema?, Subschema?)> _reported = [];

    // One keyword may limit several types, and stand in several unions.
    private readonly HashSet<(SchemaRule, int?, int?)> _told = [];
    private readonly Dictionary<(Subschema?, Subschema?), Effect> _measured = [];
    private readonly Dictionary<(Subschema?, Subschema?), int> _measuring = [];
    private int _assumed = int.MaxValue;
    private int _depth;

    // What is being measured, not reported: the differences' effects are added up.
    private bool _isMeasuring;
    private Effect _effect;

    /// <summary>All differences, each once, even where the schema is used many times.</summary>
    public IReadOnlyList<SchemaDifference> Compare(Subschema before, Subschema after)
    {
        CompareSchemas(before, after, before.Home, after.Home);
        return _differences;
    }

    /// <summary>Whether the schemas mean the same, whatever their text says.</summary>
    public bool AreEqual(Subschema before, Subschema after) => Measure(before, after) == Effect.None;

    // Null stands for any value; the places are where a schema would stand.
    private void CompareSchemas(Subschema? before, Subschema? after, SchemaLocation beforeAt, SchemaLocation afterAt)
    {
        budget.Spend();
        if (before is null && after is null) return;
        if (_isMeasuring)
        {
            _effect |= Measure(before, after, beforeAt, afterAt);
        }
        else if (_reported.Add((before, after)))
        {
            if (before is not null && after is not null) texts(before.Parts, after.Parts);
            CompareForms(before, after, beforeAt, afterAt);
        }
    }

    private void CompareForms(Subschema? before, Subschema? after, SchemaLocation beforeAt, SchemaLocation afterAt)
    {
        if (++_depth > WorkBudget.MostDepth) throw new TooComplexException();
        var pair = new Pair(before?.Form ?? SchemaForm.Any, after?.Form ?? SchemaForm.Any, before?.Home ?? beforeAt, after?.Home ?? afterAt);
        CompareTypes(pair);
        foreach (var type in ValueType.All)
        {
            var (olds, news) = (pair.Before.Of(type), pair.After.Of(type));
            if (olds.Count > 0 && news.Count > 0) CompareVariants(olds, news, pair);
        }

        _depth--;
    }

    private Effect Measure(Subschema? before, Subschema? after, SchemaLocation beforeAt, SchemaLocation afterAt)
    {
        var key = (before, after);
        if (_measured.TryGetValue(key, out var known)) return known;
        if (_measuring.TryGetValue(key, out var index))
        {
            _assumed = Math.Min(_assumed, index);
            return Effect.None;
        }

        index = _measuring.Count;
        _measuring.Add(key, index);
        var outer = _assumed;
        _assumed = int.MaxValue;
        var effect = Measure(() => CompareForms(before, after, beforeAt, afterAt));
        _measuring.Remove(key);

        // What was found while something further out was assumed to be equal holds only as long as that does.
        if (_assumed >= index) _measured[key] = effect;
        _assumed = _assumed < index ? Math.Min(outer, _assumed) : outer;
        return effect;
    }

    private Effect Measure(Action compare)
    {
        var (wasMeasuring, outer) = (_isMeasuring, _effect);
        (_isMeasuring, _effect) = (true, Effect.None);
        compare();
        var effect = _effect;
        (_isMeasuring, _effect) = (wasMeasuring, outer);
        return effect;
    }

    private Effect Measure(Variant before, Variant after, Pair pair) => Measure(() => CompareVariant(before, after, pair));

    private Effect Measure(Subschema? before, Subschema? after) => before is null && after is null
        ? Effect.None
        : Measure(before, after, (before ?? after)!.Home, (after ?? before)!.Home);

    private void CompareTypes(Pair pair)
    {
        var (before, after) = (pair.Before, pair.After);
        var lost = ValueType.All.Where(type => before.Of(type).Count > 0 && after.Of(type).Count == 0).ToList();
        var gained = ValueType.All.Where(type => before.Of(type).Count == 0 && after.Of(type).Count > 0).ToList();
        if (before.IsFinite && after.IsFinite && !before.IsNever && !after.IsNever)
        {
            foreach (var (type, variant) in lost.SelectMany(type => before.Of(type).Select(variant => (type, variant))))
            {
                if (type == JsonValueKind.Null) AddTypes(SchemaRules.NullRemoved, pair);
                else foreach (var value in variant.Values!.Values) Add(SchemaRules.EnumValueRemoved, value, null);
            }

            foreach (var (type, variant) in gained.SelectMany(type => after.Of(type).Select(variant => (type, variant))))
            {
                if (type == JsonValueKind.Null) AddTypes(SchemaRules.NullAdded, pair);
                else foreach (var value in variant.Values!.Values) Add(SchemaRules.EnumValueAdded, null, value);
            }

            return;
        }

        // A list says it better than the types that are not on it.
        if (lost.Count > 0 && gained.Count == 0 && after.IsFinite && FirstValue(after) is { } introduced)
        {
            Add(SchemaRules.EnumIntroduced, null, introduced);
            return;
        }

        if (gained.Count > 0 && lost.Count == 0 && before.IsFinite && FirstValue(before) is { } dropped)
        {
            Add(SchemaRules.EnumDropped, dropped, null);
            return;
        }

        var effect = (lost.Count > 0 ? Effect.Narrower : Effect.None) | (gained.Count > 0 ? Effect.Wider : Effect.None);
        var isNull = lost.Concat(gained).SequenceEqual([JsonValueKind.Null]);

        // Integers are to numbers what a type is to several.
        var isInteger = (Before: IsInteger(before), After: IsInteger(after));
        if (isInteger is (false, true)) (effect, isNull) = (effect | Effect.Narrower, false);
        if (isInteger is (true, false)) (effect, isNull) = (effect | Effect.Wider, false);
        if (effect == Effect.None) return;
        AddTypes(effect switch
        {
            Effect.Narrower => isNull ? SchemaRules.NullRemoved : SchemaRules.TypeNarrowed,
            Effect.Wider => isNull ? SchemaRules.NullAdded : SchemaRules.TypeWidened,
            _ => SchemaRules.TypeChanged,
        }, pair);
    }

    // The keyword enum or const, whole.
    private static Keyword? FirstValue(SchemaForm form) =>
        form.Variants.FirstOrDefault(variant => variant.Values is not null)?.Values is { } values ? Keyword.Whole(values.Values.First().At) : null;

    // Null without numbers, or where they are listed one by one.
    private static bool? IsInteger(SchemaForm form)
    {
        var free = form.Of(JsonValueKind.Number).FindAll(variant => variant.Values is null);
        return free.Count == 0 ? null : free.TrueForAll(variant => variant.IsInteger);
    }

    // At the keyword type if that is what changed, else at the whole schema.
    private void AddTypes(SchemaRule rule, Pair pair)
    {
        var (old, now) = (pair.Before.TypeKeyword, pair.After.TypeKeyword);
        var isKeyword = (old is not null || pair.Before.IsAny) && (now is not null || pair.After.IsAny)
            && !(old is not null && now is not null && old.Node.SameAs(now.Node));
        if (isKeyword) Add(rule, old is null ? null : Keyword.Whole(old), now is null ? null : Keyword.Whole(now));
        else Add(rule, Keyword.Whole(pair.BeforeAt), Keyword.Whole(pair.AfterAt));
    }

    /// <summary>Finds the variants that correspond to each other. Whatever is paired, no difference is left out.</summary>
    private void CompareVariants(List<Variant> olds, List<Variant> news, Pair pair)
    {
        if (olds.Count == 1 && news.Count == 1)
        {
            CompareVariant(olds[0], news[0], pair);
            return;
        }

        var (allOlds, allNews) = (olds.ToList(), news.ToList());
        pair = pair with { BeforeSiblings = allOlds, AfterSiblings = allNews };
        PairOff((old, now) => Measure(old, now, pair) == Effect.None);
        PairOff(HaveSameConstant);
        PairOff((old, now) => Measure(old, now, pair) is var effect && !effect.HasFlag(Effect.Narrower) | !effect.HasFlag(Effect.Wider));
        olds.RemoveAll(old => allNews.Exists(now => !Measure(old, now, pair).HasFlag(Effect.Narrower)));
        news.RemoveAll(now => allOlds.Exists(old => !Measure(old, now, pair).HasFlag(Effect.Wider)));
        if (olds.Count == news.Count) PairOff((_, _) => true);
        foreach (var old in olds) Add(SchemaRules.VariantRemoved, Keyword.Whole(old.Sources.Count > 0 ? old.Sources[0] : pair.BeforeAt), null);
        foreach (var now in news) Add(SchemaRules.VariantAdded, null, Keyword.Whole(now.Sources.Count > 0 ? now.Sources[0] : pair.AfterAt));

        void PairOff(Func<Variant, Variant, bool> correspond)
        {
            foreach (var old in olds.ToList())
            {
                budget.Spend(news.Count);
                if (news.Find(now => correspond(old, now)) is not { } match) continue;
                olds.Remove(old);
                news.Remove(match);
                CompareVariant(old, match, pair);
            }
        }
    }

    // A required property with the same only value: the usual way to tell variants apart.
    private static bool HaveSameConstant(Variant before, Variant after) => before.Required.Keys.Any(name =>
        after.Required.ContainsKey(name)
        && Constant(before, name) is { } old && Constant(after, name) is { } now && old == now);

    private static string? Constant(Variant variant, string property) =>
        variant.Properties.TryGetValue(property, out var schema) && schema.Form is { Variants: [{ Values: { Count: 1 } values }] } ? values.Keys.First() : null;

    private void CompareVariant(Variant before, Variant after, Pair pair)
    {
        budget.Spend();
        if (!_isMeasuring && before.Sources.Count > 0 && after.Sources.Count > 0) texts(before.Sources, after.Sources);
        CompareValues(before, after);
        CompareBounds(before, after);
        if (before.Type == JsonValueKind.Number) CompareNumbers(before, after, pair);
        CompareSets(before.Patterns, after.Patterns, SchemaRules.PatternAdded, SchemaRules.PatternDropped, SchemaRules.PatternChanged);
        CompareSets(before.Formats, after.Formats, SchemaRules.FormatAdded, SchemaRules.FormatDropped, SchemaRules.FormatChanged);
        if (before.Type == JsonValueKind.Array) CompareItems(before, after, pair);
        if (before.Type == JsonValueKind.Object) CompareObjects(before, after, pair);
        CompareOpaque(before, after, pair);
    }

    private void CompareValues(Variant before, Variant after)
    {
        if (before.Values is null && after.Values is null) return;
        if (before.Values is null)
        {
            Add(SchemaRules.EnumIntroduced, null, Keyword.Whole(after.Values!.First().Value.At));
        }
        else if (after.Values is null)
        {
            Add(SchemaRules.EnumDropped, Keyword.Whole(before.Values.First().Value.At), null);
        }
        else
        {
            foreach (var (_, value) in before.Values.Where(value => !after.Values.ContainsKey(value.Key))) Add(SchemaRules.EnumValueRemoved, value, null);
            foreach (var (_, value) in after.Values.Where(value => !before.Values.ContainsKey(value.Key))) Add(SchemaRules.EnumValueAdded, null, value);
        }
    }

    private void CompareBounds(Variant before, Variant after)
    {
        foreach (var kind in before.Bounds.Keys.Union(after.Bounds.Keys).Order())
        {
            var had = before.Bounds.TryGetValue(kind, out var old);
            var has = after.Bounds.TryGetValue(kind, out var now);

            // Where one side lists its values, the bound matters only if one of them is beyond it.
            if (!had && KeepsTo(before, after)) continue;
            if (!has && KeepsTo(after, before)) continue;
            var order = had && has ? now.CompareTo(kind, old) : 0;
            if (!had) Add(SchemaRules.BoundSet, null, Keyword.Whole(now.At));
            else if (!has) Add(SchemaRules.BoundDropped, Keyword.Whole(old.At), null);
            else if (order != 0) Add(order > 0 ? SchemaRules.BoundTightened : SchemaRules.BoundLoosened, Keyword.Whole(old.At), Keyword.Whole(now.At));
        }
    }

    private static bool KeepsTo(Variant listed, Variant bounded) =>
        listed.Values is { } values && listed.Type is JsonValueKind.Number or JsonValueKind.String
        && values.Values.All(value => SchemaAlgebra.Allows(bounded, value.Value));

    private void CompareNumbers(Variant before, Variant after, Pair pair)
    {
        foreach (var (step, keyword) in after.MultipleOf)
        {
            if (!KeepsTo(before, after) && !before.MultipleOf.Keys.Any(old => SchemaAlgebra.IsMultiple(old, step)))
                Add(SchemaRules.MultipleOfTightened, Cast(before.MultipleOf), keyword);
        }

        foreach (var (step, keyword) in before.MultipleOf)
        {
            if (!KeepsTo(after, before) && !after.MultipleOf.Keys.Any(now => SchemaAlgebra.IsMultiple(now, step)))
                Add(SchemaRules.MultipleOfLoosened, keyword, Cast(after.MultipleOf));
        }

        // Between the schemas as a whole it is told with the types; between their variants it may still differ.
        if (before.IsInteger == after.IsInteger || IsInteger(pair.Before) is { } old && IsInteger(pair.After) is { } now && old != now) return;
        if (after.IsInteger && !KeepsTo(before, after)) AddTypes(SchemaRules.TypeNarrowed, pair);
        if (before.IsInteger && !KeepsTo(after, before)) AddTypes(SchemaRules.TypeWidened, pair);

        static Keyword? Cast(IReadOnlyDictionary<string, Keyword> steps) => steps.Count == 0 ? null : steps.Values.First();
    }

    private void CompareSets(
        IReadOnlyDictionary<string, Keyword> before, IReadOnlyDictionary<string, Keyword> after, SchemaRule added, SchemaRule dropped, SchemaRule changed)
    {
        var olds = before.Where(old => !after.ContainsKey(old.Key)).Select(old => old.Value).ToList();
        var news = after.Where(now => !before.ContainsKey(now.Key)).Select(now => now.Value).ToList();
        var both = Math.Min(olds.Count, news.Count);
        for (var i = 0; i < both; i++) Add(changed, olds[i], news[i]);
        foreach (var old in olds[both..]) Add(dropped, old, null);
        foreach (var now in news[both..]) Add(added, null, now);
    }

    private void CompareItems(Variant before, Variant after, Pair pair)
    {
        if (before.UniqueItems is null && after.UniqueItems is { } added) Add(SchemaRules.UniqueItemsAdded, null, Keyword.Whole(added));
        if (after.UniqueItems is null && before.UniqueItems is { } dropped) Add(SchemaRules.UniqueItemsDropped, Keyword.Whole(dropped), null);

        // A place that one side never fills is a matter of its largest length.
        var most = Math.Min(
            before.Bounds.TryGetValue(BoundKind.MaxItems, out var old) ? old.Value : double.MaxValue,
            after.Bounds.TryGetValue(BoundKind.MaxItems, out var now) ? now.Value : double.MaxValue);
        var places = Math.Max(before.Prefix.Count, after.Prefix.Count);
        for (var i = 0; i < places && i < most; i++)
        {
            CompareSchemas(
                i < before.Prefix.Count ? before.Prefix[i] : before.Rest, i < after.Prefix.Count ? after.Prefix[i] : after.Rest,
                pair.BeforeAt.Below("items"), pair.AfterAt.Below("items"));
        }

        if (places < most) CompareSchemas(before.Rest, after.Rest, pair.BeforeAt.Below("items"), pair.AfterAt.Below("items"));
    }

    private void CompareObjects(Variant before, Variant after, Pair pair)
    {
        foreach (var name in before.Properties.Keys.Union(after.Properties.Keys))
        {
            var had = before.Properties.TryGetValue(name, out var old);
            var has = after.Properties.TryGetValue(name, out var now);
            if (had && has) CompareSchemas(old, now, pair.BeforeAt, pair.AfterAt);
            else if (has && IsOfAnyKind(name, before)) CompareSchemas(null, now, pair.BeforeAt, pair.AfterAt);
            else if (had && IsOfAnyKind(name, after)) CompareSchemas(old, null, pair.BeforeAt, pair.AfterAt);
            else if (has) CompareAdded(name, now!, before, after, pair);
            else CompareRemoved(name, old!, before, after, pair);
        }

        foreach (var name in before.PatternProperties.Keys.Union(after.PatternProperties.Keys))
        {
            var (old, now) = (before.PatternProperties.GetValueOrDefault(name), after.PatternProperties.GetValueOrDefault(name));
            var takesFromAdditional = (old is null || now is null) && (before.Additional is not null || after.Additional is not null);
            if (takesFromAdditional) Add(SchemaRules.ConstraintChanged, old is null ? null : Keyword.Whole(old.Home), now is null ? null : Keyword.Whole(now.Home), "patternProperties");
            else CompareSchemas(old, now, pair.BeforeAt, pair.AfterAt);
        }

        CompareAdditional(before, after, pair);
        CompareNames(before, after, pair);
        foreach (var (name, keyword) in after.Required.Where(now => !before.Required.ContainsKey(now.Key)))
            Add(HasDefault(after, name) ? SchemaRules.RequiredAddedWithDefault : SchemaRules.RequiredAdded, null, keyword, name);

        // A property that is gone altogether is told as such.
        foreach (var (name, keyword) in before.Required.Where(old => !after.Required.ContainsKey(old.Key)))
        {
            if (!before.Properties.ContainsKey(name) || after.Properties.ContainsKey(name)) Add(SchemaRules.RequiredRemoved, keyword, null, name);
        }

        foreach (var (key, keyword) in after.DependentRequired)
        {
            if (!before.DependentRequired.ContainsKey(key) && !before.Required.ContainsKey(keyword.Value.String))
                Add(SchemaRules.DependentRequiredAdded, null, keyword, keyword.Value.String);
        }

        foreach (var (key, keyword) in before.DependentRequired)
        {
            if (!after.DependentRequired.ContainsKey(key) && !after.Required.ContainsKey(keyword.Value.String))
                Add(SchemaRules.DependentRequiredRemoved, keyword, null, keyword.Value.String);
        }
    }

    // Required and not described: it is there, and may be anything.
    private static bool IsOfAnyKind(string name, Variant variant) =>
        variant.Required.ContainsKey(name) && variant.Additional is null && variant.PatternProperties.Count == 0;

    // Generators list members with a default as required, and servers fill them in.
    private static bool HasDefault(Variant variant, string name) =>
        variant.Properties.TryGetValue(name, out var property)
        && property.Parts.Any(part => property.Reader.References.Annotations(part).ContainsKey("default"));

    private void CompareAdded(string name, Subschema property, Variant before, Variant after, Pair pair)
    {
        var place = Keyword.Whole(property.Home);
        var isNarrower = IsClaimed(name, before, pair.BeforeSiblings)
            && Measure(null, property) != Effect.None;
        if (isNarrower) Add(SchemaRules.PropertyClaimed, null, place, name);

        // One that is required now is told as such.
        else if (!after.Required.ContainsKey(name) || before.Required.ContainsKey(name)) Add(before.Additional?.Form.IsNever == true ? SchemaRules.PropertyAddedToClosed : SchemaRules.PropertyAdded, null, place, name);
        if (before.Additional is { Form.IsNever: false } further) CompareSchemas(further, property, further.Home, property.Home);
    }

    private void CompareRemoved(string name, Subschema property, Variant before, Variant after, Pair pair)
    {
        var place = Keyword.Whole(property.Home);
        var wasRequired = before.Required.ContainsKey(name);
        var isRefused = after.Additional?.Form.IsNever == true && after.PatternProperties.Count == 0 && !property.Form.IsNever;
        if (isRefused)
            Add(wasRequired ? SchemaRules.RequiredPropertyRefused : SchemaRules.PropertyRefused, place, null, name);
        else if (!wasRequired && IsClaimed(name, after, pair.AfterSiblings) && Measure(property, null) != Effect.None)
            Add(SchemaRules.PropertyClaimed, place, null, name);
        else
            Add(wasRequired ? SchemaRules.RequiredPropertyRemoved : SchemaRules.PropertyRemoved, place, null, name);
        if (after.Additional is { Form.IsNever: false } further) CompareSchemas(property, further, property.Home, further.Home);
    }

    /// <summary>
    /// Whether values may hold a member that the variant does not describe: it says so, one of its patterns may match, or another
    /// variant that allows the same value describes it.
    /// </summary>
    private static bool IsClaimed(string name, Variant variant, List<Variant>? siblings) =>
        variant.IsExplicitlyOpen
        || variant.PatternProperties.Count > 0
        || variant.Opaque.Keys.Any(meaning => meaning.Contains(name, StringComparison.Ordinal))
        || siblings?.Exists(sibling => sibling != variant && (sibling.Properties.ContainsKey(name) || sibling.Additional is not null || sibling.IsExplicitlyOpen)
            && !SchemaAlgebra.AreDisjoint(sibling, variant)) == true;

    private void CompareAdditional(Variant before, Variant after, Pair pair)
    {
        var (old, now) = (before.Additional, after.Additional);
        if (old is null or { Form.IsAny: true } && now is null or { Form.IsAny: true }) return;
        var oldKeyword = old is null ? (Keyword?)null : Keyword.Whole(old.Home);
        var newKeyword = now is null ? (Keyword?)null : Keyword.Whole(now.Home);
        if (now is null or { Form.IsAny: true }) Add(SchemaRules.AdditionalPropertiesOpened, oldKeyword, newKeyword);
        else if (old is null or { Form.IsAny: true }) Add(TookNoArguments(before, pair) && now.Form.IsNever ? SchemaRules.ArgumentsClosed : SchemaRules.AdditionalPropertiesClosed, oldKeyword, newKeyword);
        else if (old.Form.IsNever && now.Form.IsNever) return;
        else if (old.Form.IsNever) Add(SchemaRules.AdditionalPropertiesAllowed, oldKeyword, newKeyword);
        else if (now.Form.IsNever) Add(SchemaRules.AdditionalPropertiesClosed, oldKeyword, newKeyword);
        else CompareSchemas(old, now, pair.BeforeAt, pair.AfterAt);
    }

    // An object that describes nothing may hold anything, but for the arguments of a tool: there it has none.
    private static bool TookNoArguments(Variant before, Pair pair) =>
        pair.BeforeAt.IsRoot && pair.AfterAt.IsRoot && before.Additional is null && !before.IsExplicitlyOpen && before.Properties.Count == 0
        && before.PatternProperties.Count == 0 && before.Opaque.Count == 0;

    // Names are strings, whatever else their schema allows.
    private void CompareNames(Variant before, Variant after, Pair pair)
    {
        if (before.PropertyNames == after.PropertyNames) return;
        var inner = new Pair(Names(before), Names(after),
            before.PropertyNames?.Home ?? pair.BeforeAt.Below("propertyNames"), after.PropertyNames?.Home ?? pair.AfterAt.Below("propertyNames"));
        CompareTypes(inner);
        if (!inner.Before.IsNever && !inner.After.IsNever) CompareVariants(inner.Before.Of(JsonValueKind.String), inner.After.Of(JsonValueKind.String), inner);

        static SchemaForm Names(Variant variant) => new((variant.PropertyNames?.Form ?? SchemaForm.Any).Of(JsonValueKind.String));
    }

    private void CompareOpaque(Variant before, Variant after, Pair pair)
    {
        var olds = before.Opaque.Where(old => !after.Opaque.ContainsKey(old.Key)).Select(old => old.Value).ToList();
        var news = after.Opaque.Where(now => !before.Opaque.ContainsKey(now.Key) && !IsOneOfThem(before, now.Value, pair)).Select(now => now.Value).ToList();
        foreach (var old in olds)
        {
            var match = news.FindIndex(now => now.Name == old.Name);
            if (match >= 0)
            {
                Add(SchemaRules.ConstraintChanged, Keyword.Whole(old.At), Keyword.Whole(news[match].At), old.Name);
                news.RemoveAt(match);
            }
            else
            {
                Add(old.Narrows ? SchemaRules.ConstraintRemoved : SchemaRules.ConstraintChanged, Keyword.Whole(old.At), null, old.Name);
            }
        }

        foreach (var now in news) Add(now.Narrows ? SchemaRules.ConstraintAdded : SchemaRules.ConstraintChanged, null, Keyword.Whole(now.At), now.Name);
    }

    /// <summary>What the old variant describes fits one member of a new <c>oneOf</c>, and no other: it is refused no more than by that member.</summary>
    private bool IsOneOfThem(Variant before, Constraint constraint, Pair pair)
    {
        if (constraint.Members is not { } members) return false;
        budget.Spend(members.Sum(member => member.Variants.Count));
        var fitting = members.Where(member => !member.Variants.All(variant => AreDisjointAsDescribed(before, variant))).ToList();
        return fitting is [var only] && only.Variants.Any(variant => variant.Type == before.Type && !Measure(before, variant, pair).HasFlag(Effect.Narrower));
    }

    // Values hold no member that the old variant is silent about: docs/drift-rules.md, What is proved.
    private static bool AreDisjointAsDescribed(Variant before, Variant member) =>
        SchemaAlgebra.AreDisjoint(before, member)
        || (before is { Type: JsonValueKind.Object, IsExplicitlyOpen: false, Additional: null, PatternProperties.Count: 0, Opaque.Count: 0, Values: null }
            && before.Properties.Count > 0
            && member.Required.Keys.Any(name => !before.Properties.ContainsKey(name) && !before.Required.ContainsKey(name)));

    private void Add(SchemaRule rule, Keyword? before, Keyword? after, string? name = null)
    {
        _effect |= rule.Effect;
        if (_isMeasuring) return;
        if (!_told.Add((rule, before?.Value.Id, after?.Value.Id))) return;
        var (where, none) = after is { } now ? (now.At, now.Value.None) : (before!.Value.At, before.Value.Value.None);
        _differences.Add(new SchemaDifference(rule, where, before?.Value ?? none, after?.Value ?? none, name));
    }

    /// <param name="BeforeSiblings">The variants of a union that were there beside each other.</param>
    private readonly record struct Pair(
        SchemaForm Before, SchemaForm After, SchemaLocation BeforeAt, SchemaLocation AfterAt,
        List<Variant>? BeforeSiblings = null, List<Variant>? AfterSiblings = null);
}
