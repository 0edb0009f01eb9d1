using System.Globalization;
using System.Text;
using System.Text.Json;
using McpProbe.Catalog;
using McpProbe.Catalog.Json;

namespace McpProbe.Drift.Schemas;

/// <summary>Where the references of a document lead (JSON Schema 2020-12 Core, 8 and 9): JSON pointers, anchors and names within it.</summary>
internal sealed class SchemaReferences
{
    // A meaning longer than this is not compared: references may stand for exponentially much text.
    private const int MostMeaning = 64 * 1024;

    // References that lead to references, followed for their text.
    private const int MostTargets = 8;

    private readonly SchemaLocation _root;
    private readonly WorkBudget _budget;
    private readonly Dictionary<string, SchemaLocation?> _targets = [];
    private Dictionary<string, SchemaLocation>? _names;
    private bool _hasInnerDocuments;
    private string? _wholeDocument;

    public SchemaReferences(SchemaLocation root, WorkBudget budget)
    {
        _root = root;
        _budget = budget;
        Dialect = root.Node["$schema"] is { Kind: JsonValueKind.String } declared ? declared.String : null;
        HidesNeighbours = Dialect is not null && (Dialect.Contains("draft-0", StringComparison.Ordinal) || Dialect.EndsWith("json-schema.org/schema#", StringComparison.Ordinal));
    }

    /// <summary>What <c>$schema</c> declares; null for the default of MCP, which is 2020-12.</summary>
    public string? Dialect { get; }

    /// <summary>Up to draft-07 the keywords beside a <c>$ref</c> are not looked at.</summary>
    public bool HidesNeighbours { get; }

    /// <summary>For constraints whose meaning may lie anywhere in the document.</summary>
    public string WholeDocument => _wholeDocument ??= _root.Node.Canonical;

    /// <summary>What the <c>$ref</c> of a schema leads to; null without one, or when it leads out of the document or nowhere.</summary>
    public SchemaLocation? TargetOf(SchemaLocation schema)
    {
        if (schema.Node["$ref"] is not { Kind: JsonValueKind.String } node) return null;
        var reference = node.String;
        if (!_targets.TryGetValue(reference, out var target)) _targets[reference] = target = Resolve(reference);
        return target;
    }

    /// <summary>
    /// The schema without text and with its references followed, as text: equal only if the meaning is. The meaning of a reference
    /// back to a schema that is being written is how far back it leads.
    /// </summary>
    public string Meaning(SchemaLocation schema)
    {
        var text = new StringBuilder();
        WriteMeaning(schema, SchemaPosition.Schema, text, []);
        return text.ToString();
    }

    /// <summary>The same of an object whose values are schemas.</summary>
    public string MeaningOfMap(SchemaLocation map)
    {
        var text = new StringBuilder();
        WriteMeaning(map, SchemaPosition.SchemaMap, text, []);
        return text.ToString();
    }

    /// <summary>The different texts of schemas that stand for one, by their canonical JSON; a reference without text shows its target's.</summary>
    public Dictionary<string, SchemaLocation> Texts(string keyword, IReadOnlyList<SchemaLocation> schemas)
    {
        var texts = new Dictionary<string, SchemaLocation>();
        foreach (var schema in schemas)
        {
            var text = WithTargets(schema).Select(at => at.Below(keyword)).FirstOrDefault(at => !at.Node.IsNothing);
            if (text is not null) texts.TryAdd(text.Node.Canonical, text);
        }

        return texts;
    }

    /// <summary>The texts of the members of unions, by their canonical JSON.</summary>
    public HashSet<string> TextsOfMembers(string keyword, IReadOnlyList<SchemaLocation> schemas)
    {
        var texts = new HashSet<string>();
        foreach (var union in schemas.SelectMany(WithTargets).SelectMany(at => new[] { at.Below("anyOf"), at.Below("oneOf") }))
        {
            var members = union.Node.Elements;
            _budget.Spend(members.Count);
            texts.UnionWith(members.SelectMany(member => Texts(keyword, [union.Below("", member)]).Keys));
        }

        return texts;
    }

    /// <summary>What else a schema says without limiting its values, by keyword.</summary>
    public Dictionary<string, SchemaLocation> Annotations(SchemaLocation schema)
    {
        var annotations = new Dictionary<string, SchemaLocation>();
        foreach (var at in WithTargets(schema))
        {
            foreach (var (key, value) in at.Node.Members.Where(member => SchemaKeywordReader.IsRemark(member.Key)))
                annotations.TryAdd(key, at.Below(key, value));
        }

        return annotations;
    }

    // The schema and what its reference leads to, and so on; a long way shows the same as a short one.
    private IEnumerable<SchemaLocation> WithTargets(SchemaLocation schema)
    {
        SchemaLocation? at = schema;
        for (var steps = 0; at is not null && steps < MostTargets; steps++, at = TargetOf(at)) yield return at;
    }

    private SchemaLocation? Resolve(string reference)
    {
        _names ??= Names();

        // Inside a schema with an $id of its own a reference starts from there; nobody writes that in a tool.
        if (_hasInnerDocuments) return null;
        var hash = reference.IndexOf('#', StringComparison.Ordinal);
        var (document, fragment) = hash < 0 ? (reference, "") : (reference[..hash], reference[(hash + 1)..]);
        if (document.Length > 0 && document != RootId()) return null;
        if (fragment.Length == 0) return _root;
        return fragment[0] == '/' ? At(Uri.UnescapeDataString(fragment)) : _names.GetValueOrDefault(fragment);
    }

    private string? RootId() => _root.Node["$id"] is { Kind: JsonValueKind.String } id ? id.String.TrimEnd('#') : null;

    private SchemaLocation? At(string pointer)
    {
        var at = _root;
        foreach (var token in pointer[1..].Split('/'))
        {
            _budget.Spend();
            var name = JsonPointer.Unescape(token);
            var child = at.Node.IsArray
                ? int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && at.Node.Elements is var elements && index < elements.Count ? elements[index] : at.Node.None
                : at.Node[name];
            if (!child.Exists) return null;
            at = at.Below(name, child);
        }

        return at;
    }

    private Dictionary<string, SchemaLocation> Names()
    {
        var names = new Dictionary<string, SchemaLocation>();
        Find(_root, SchemaPosition.Schema);
        return names;

        void Find(SchemaLocation at, SchemaPosition position)
        {
            _budget.Spend();
            if (position == SchemaPosition.Schema)
            {
                if (at.Node["$anchor"] is { Kind: JsonValueKind.String } anchor) names.TryAdd(anchor.String, at);
                if (at.Node["$id"] is { Kind: JsonValueKind.String } id && at != _root)
                {
                    if (id.String.StartsWith('#')) names.TryAdd(id.String[1..], at);
                    else _hasInnerDocuments = true;
                }
            }

            foreach (var (child, inner) in Children(at, position)) Find(child, inner);
        }
    }

    // The children that are schemas or hold some, each with its position.
    private static IEnumerable<(SchemaLocation Child, SchemaPosition Position)> Children(SchemaLocation at, SchemaPosition position)
    {
        if (at.Node.IsArray)
        {
            var index = 0;
            foreach (var element in at.Node.Elements) yield return (at.Below($"{index++}", element), position);
        }
        else
        {
            foreach (var (key, value) in at.Node.Members)
            {
                var inner = SchemaKeywords.Of(position, value.QuotedKeyBytes);
                if (inner is SchemaPosition.Schema or SchemaPosition.SchemaMap) yield return (at.Below(key, value), inner);
            }
        }
    }

    private void WriteMeaning(SchemaLocation at, SchemaPosition position, StringBuilder text, List<int> above)
    {
        _budget.Spend();
        if (text.Length > MostMeaning || above.Count > WorkBudget.MostDepth) throw new TooComplexException();
        if (position is not (SchemaPosition.Schema or SchemaPosition.SchemaMap) || !(at.Node.IsObject || at.Node.IsArray))
        {
            text.Append(at.Node.Canonical);
            return;
        }

        if (position == SchemaPosition.Schema && at.Node["$dynamicRef"].Exists | at.Node["$recursiveRef"].Exists) text.Append(WholeDocument);
        var back = above.LastIndexOf(at.Node.Id);
        if (back >= 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"<{above.Count - back}");
            return;
        }

        above.Add(at.Node.Id);
        text.Append(at.Node.IsArray ? '[' : '{');
        if (position == SchemaPosition.Schema && TargetOf(at) is { } target)
        {
            text.Append("$ref:");
            WriteMeaning(target, SchemaPosition.Schema, text, above);
        }

        if (at.Node.IsArray)
        {
            foreach (var (child, inner) in Children(at, position))
            {
                WriteMeaning(child, inner, text, above);
                text.Append(',');
            }
        }
        else
        {
            foreach (var (key, value) in at.Node.Members)
            {
                var inner = SchemaKeywords.Of(position, value.QuotedKeyBytes);
                if (inner is SchemaPosition.Text or SchemaPosition.Remark || IsNoConstraint(position, key, at)) continue;
                text.Append(value.QuotedKey).Append(':');
                WriteMeaning(at.Below(key, value), inner, text, above);
                text.Append(',');
            }
        }

        text.Append(at.Node.IsArray ? ']' : '}');
        above.RemoveAt(above.Count - 1);
    }

    private bool IsNoConstraint(SchemaPosition position, string key, SchemaLocation at) =>
        position == SchemaPosition.Schema && (key is "default" or "$defs" or "definitions" or "$schema" or "$id" or "$anchor" || (key == "$ref" && TargetOf(at) is not null));
}
