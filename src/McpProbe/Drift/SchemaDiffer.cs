using System.Text.Json;

namespace McpProbe.Drift;

/// <summary>What a schema speaks of, which decides whether narrower or wider breaks.</summary>
internal enum SchemaRole
{
    /// <summary>Arguments, a request: narrower breaks.</summary>
    Input,

    /// <summary>Results, a response: wider breaks.</summary>
    Output,

    /// <summary>Below <c>not</c>, <c>if</c> and the like: nothing but text can be judged.</summary>
    Unprovable,
}

/// <summary>
/// Compares the schemas of a tool. What the rules below do not know is <c>schema-changed</c>, of class unknown: never taken for safe.
/// </summary>
internal sealed class SchemaDiffer(string tool, ChangeList changes)
{
    public void Compare(SchemaRole role, string path, TreeNode before, TreeNode after)
    {
        if (before.SameAs(after)) return;
        if (!before.IsObject || !after.IsObject)
        {
            Unknown(path, before, after);
            return;
        }

        foreach (var (key, old, now) in TreeNode.Members(before, after))
        {
            if (!old.SameAs(now)) CompareKeyword(role, JsonPointer.To(path, key), key, old, now, before, after);
        }
    }

    private void CompareKeyword(SchemaRole role, string path, string key, TreeNode old, TreeNode now, TreeNode before, TreeNode after)
    {
        switch (key)
        {
            case "title":
                Add(ChangeClass.Warning, "title-changed", path, old, now, "A title in the schema changed.");
                break;
            case "description":
                Add(ChangeClass.Warning, "description-changed", path, old, now, "A description in the schema changed; models fill in arguments by it.");
                break;
            case "$comment" or "examples":
                Add(ChangeClass.Info, "schema-remark-changed", path, old, now, "A comment or an example in the schema changed.");
                break;
            case "default":
                Add(ChangeClass.Info, "default-changed", path, old, now, "A default changed.");
                break;
            case "type" when role != SchemaRole.Unprovable:
                CompareTypes(role, path, old, now);
                break;
            case "enum" when role != SchemaRole.Unprovable && IsArrayOrAbsent(old) && IsArrayOrAbsent(now):
                CompareEnum(role, path, old, now);
                break;
            case "required" when role != SchemaRole.Unprovable && IsArrayOrAbsent(old) && IsArrayOrAbsent(now):
                CompareRequired(role, path, old, now, before["properties"], after["properties"]);
                break;
            case "properties" when role != SchemaRole.Unprovable && IsObjectOrAbsent(old) && IsObjectOrAbsent(now):
                CompareProperties(role, path, old, now, before["required"], after["required"]);
                break;
            case "properties" or "patternProperties" or "$defs" or "definitions" or "dependentSchemas" when old.IsObject && now.IsObject:
                foreach (var (name, a, b) in TreeNode.Members(old, now)) Compare(role, JsonPointer.To(path, name), a, b);
                break;
            case "items" or "additionalProperties" or "unevaluatedProperties" or "unevaluatedItems" or "additionalItems" when old.IsObject && now.IsObject:
                Compare(role, path, old, now);
                break;
            case "allOf" or "anyOf" when old.IsArray && now.IsArray:
                CompareList(anyOrder: true, role, path, old, now);
                break;
            case "oneOf" when old.IsArray && now.IsArray:
                // A wider member may overlap another, and then neither matches.
                CompareList(anyOrder: true, SchemaRole.Unprovable, path, old, now);
                break;
            case "prefixItems" or "items" when old.IsArray && now.IsArray:
                CompareList(anyOrder: false, role, path, old, now);
                break;
            case "not" or "if" or "then" or "else" or "contains" or "propertyNames" or "contentSchema" when old.IsObject && now.IsObject:
                Compare(SchemaRole.Unprovable, path, old, now);
                break;
            default:
                Unknown(path, old, now);
                break;
        }
    }

    private void CompareTypes(SchemaRole role, string path, TreeNode old, TreeNode now)
    {
        var (olds, news) = (Types(old), Types(now));
        if (olds is null || news is null)
        {
            Unknown(path, old, now);
            return;
        }

        var widens = olds.All(type => Covers(news, type));
        var narrows = news.All(type => Covers(olds, type));
        if (widens && narrows)
            Add(ChangeClass.Info, "schema-notation-changed", path, old, now, "The type is written differently and means the same.");
        else if (role == SchemaRole.Input && widens)
            Add(ChangeClass.Info, "input-type-widened", path, old, now, "More types of value are accepted.");
        else if (role == SchemaRole.Input)
            Add(ChangeClass.Breaking, "input-type-changed", path, old, now, "Values of a type that was accepted are refused now.");
        else if (narrows)
            Add(ChangeClass.Info, "output-type-narrowed", path, old, now, "Fewer types of value are returned.");
        else
            Add(ChangeClass.Breaking, "output-type-changed", path, old, now, "Values of a type that was never returned are returned now.");
    }

    // No type means every type.
    private static readonly string[] EveryType = ["array", "boolean", "null", "number", "object", "string"];

    private static string[]? Types(TreeNode node) => node.Kind switch
    {
        JsonValueKind.Undefined => EveryType,
        JsonValueKind.String => [node.String],
        JsonValueKind.Array when node.Elements.TrueForAll(type => type.Kind == JsonValueKind.String) => [.. node.Elements.Select(type => type.String)],
        _ => null,
    };

    private static bool Covers(string[] types, string type) => types.Contains(type) || (type == "integer" && types.Contains("number"));

    private void CompareEnum(SchemaRole role, string path, TreeNode old, TreeNode now)
    {
        if (!old.Exists || !now.Exists)
        {
            var (level, rule, message) = (role, old.Exists) switch
            {
                (SchemaRole.Input, false) => (ChangeClass.Breaking, "input-enum-introduced", "Only listed values are accepted now."),
                (SchemaRole.Input, true) => (ChangeClass.Info, "input-enum-dropped", "Values are no longer limited to a list."),
                (_, false) => (ChangeClass.Info, "output-enum-introduced", "Only listed values are returned now."),
                _ => (ChangeClass.Warning, "output-enum-dropped", "Returned values are no longer limited to a list."),
            };
            Add(level, rule, path, old, now, message);
            return;
        }

        var (removed, added) = SetDifference(old, now);
        foreach (var value in removed)
        {
            if (role == SchemaRole.Input) Add(ChangeClass.Breaking, "input-enum-value-removed", path, value, now.None, "A value that was accepted is refused now.");
            else Add(ChangeClass.Info, "output-enum-value-removed", path, value, now.None, "A value is no longer returned.");
        }

        foreach (var value in added)
        {
            if (role == SchemaRole.Input) Add(ChangeClass.Info, "input-enum-value-added", path, old.None, value, "One more value is accepted.");
            else Add(ChangeClass.Warning, "output-enum-value-added", path, old.None, value, "A value may be returned that clients do not know.");
        }

        if (removed.Count + added.Count == 0)
            Add(ChangeClass.Info, "schema-notation-changed", path, old, now, "The same values are listed in another order.");
    }

    private void CompareRequired(SchemaRole role, string path, TreeNode old, TreeNode now, TreeNode oldProperties, TreeNode newProperties)
    {
        var before = Names(oldProperties);
        var after = Names(newProperties);
        var (removed, added) = SetDifference(old, now);
        var reported = 0;
        foreach (var name in added)
        {
            reported++;
            if (role == SchemaRole.Input) Add(ChangeClass.Breaking, "input-required-added", path, old.None, name, $"The argument {Shown(name)} is required now; calls without it will fail.");
            else Add(ChangeClass.Info, "output-required-added", path, old.None, name, $"The result always holds {Shown(name)} now.");
        }

        foreach (var name in removed)
        {
            // A property that is gone altogether is reported as such.
            if (before.Contains(name.Canonical) && !after.Contains(name.Canonical)) continue;
            reported++;
            if (role == SchemaRole.Input) Add(ChangeClass.Info, "input-required-removed", path, name, now.None, $"The argument {Shown(name)} is optional now.");
            else Add(ChangeClass.Breaking, "output-required-removed", path, name, now.None, $"The result may lack {Shown(name)} now.");
        }

        if (reported + removed.Count == 0)
            Add(ChangeClass.Info, "schema-notation-changed", path, old, now, "The list of required properties is written differently and means the same.");
    }

    private void CompareProperties(SchemaRole role, string path, TreeNode old, TreeNode now, TreeNode oldRequired, TreeNode newRequired)
    {
        var wasRequired = oldRequired.Elements.Select(name => name.Canonical).ToHashSet();
        var isRequired = newRequired.Elements.Select(name => name.Canonical).ToHashSet();
        var members = TreeNode.Members(old, now);
        foreach (var (name, a, b) in members)
        {
            var at = JsonPointer.To(path, name);
            var shown = $"'{VisibleText.Line(name)}'";
            var quoted = a.Exists ? a.QuotedKey : b.QuotedKey;
            if (a.Exists && b.Exists)
                Compare(role, at, a, b);
            else if (role == SchemaRole.Input && a.Exists)
                Add(ChangeClass.Warning, "input-property-removed", at, a, b, $"The argument {shown} is gone; calls with it may fail.");
            else if (a.Exists)
                Add(wasRequired.Contains(quoted) ? ChangeClass.Breaking : ChangeClass.Warning, "output-property-removed", at, a, b, $"The result no longer holds {shown}.");
            else if (role == SchemaRole.Output)
                Add(ChangeClass.Info, "output-property-added", at, a, b, $"The result may hold {shown} now.");
            else if (!isRequired.Contains(quoted) || wasRequired.Contains(quoted))
                Add(ChangeClass.Info, "input-property-added", at, a, b, $"The optional argument {shown} is new.");
        }

        if (members.Count == 0)
            Add(ChangeClass.Info, "schema-notation-changed", path, old, now, "An empty list of properties came or went.");
    }

    private void CompareList(bool anyOrder, SchemaRole role, string path, TreeNode old, TreeNode now)
    {
        var (olds, news) = (old.Elements, now.Elements);
        if (olds.Count != news.Count)
        {
            Unknown(path, old, now);
            return;
        }

        if (anyOrder && olds.Select(schema => schema.Canonical).Order(StringComparer.Ordinal)
                .SequenceEqual(news.Select(schema => schema.Canonical).Order(StringComparer.Ordinal)))
        {
            Add(ChangeClass.Info, "schema-notation-changed", path, old, now, "The same schemas are listed in another order.");
            return;
        }

        for (var i = 0; i < olds.Count; i++)
            Compare(role, JsonPointer.To(path, i.ToString(System.Globalization.CultureInfo.InvariantCulture)), olds[i], news[i]);
    }

    private static (List<TreeNode> Removed, List<TreeNode> Added) SetDifference(TreeNode old, TreeNode now)
    {
        var olds = old.Elements.DistinctBy(value => value.Canonical).ToDictionary(value => value.Canonical);
        var news = now.Elements.DistinctBy(value => value.Canonical).ToDictionary(value => value.Canonical);
        return (
            [.. olds.Where(pair => !news.ContainsKey(pair.Key)).Select(pair => pair.Value)],
            [.. news.Where(pair => !olds.ContainsKey(pair.Key)).Select(pair => pair.Value)]);
    }

    private static HashSet<string> Names(TreeNode properties) =>
        [.. TreeNode.Members(properties, properties.None).Select(member => member.Before.QuotedKey)];

    private static string Shown(TreeNode name) => name.Kind == JsonValueKind.String ? $"'{VisibleText.Line(name.String)}'" : "of no name";

    private static bool IsArrayOrAbsent(TreeNode node) => !node.Exists || node.IsArray;

    private static bool IsObjectOrAbsent(TreeNode node) => !node.Exists || node.IsObject;

    private void Unknown(string path, TreeNode before, TreeNode after) =>
        Add(ChangeClass.Unknown, "schema-changed", path, before, after, "The schema changed in a way that cannot be proved safe; compare before and after.");

    private void Add(ChangeClass level, string rule, string path, TreeNode before, TreeNode after, string message) =>
        changes.Add(level, rule, tool, path, before, after, message);
}
