using System.Text.Json;

namespace McpProbe.Drift.Schemas;

/// <summary>
/// Brings the schemas of one document into their normal form: JSON Schema 2020-12 (Core and Validation), the spellings of draft-07 and
/// draft-04, and <c>nullable</c> of OpenAPI 3.0. Keywords of every draft are understood whichever one is declared; only <c>$ref</c>
/// hides its neighbours where <c>$schema</c> declares draft-07 or older. What it does not know is kept as opaque, never left out.
/// </summary>
internal sealed class SchemaReader
{
    private readonly WorkBudget _budget;
    private readonly SchemaReferences _references;
    private readonly Dictionary<int, SchemaForm> _forms = [];
    private readonly Dictionary<string, Subschema> _subschemas = [];
    private readonly HashSet<int> _reading = [];

    public SchemaReader(SchemaLocation root, WorkBudget budget)
    {
        _budget = budget;
        _references = new SchemaReferences(root, budget);
        Root = Subschema([root]);
    }

    public Subschema Root { get; }

    public SchemaReferences References => _references;

    /// <summary>The form of a conjunction.</summary>
    public SchemaForm Normalize(IReadOnlyList<SchemaLocation> parts)
    {
        var form = SchemaForm.Any;
        foreach (var part in parts) form = SchemaAlgebra.Intersect(form, Read(part), _budget);
        return form;
    }

    /// <summary>Both schemas at once; null for any value.</summary>
    public static Subschema? Both(Subschema? left, Subschema? right)
    {
        if (left is null || right is null || left == right) return left ?? right;
        return left.Reader.Subschema([.. left.Parts, .. right.Parts]);
    }

    private Subschema Subschema(IReadOnlyList<SchemaLocation> parts)
    {
        parts = [.. parts.DistinctBy(part => part.Node.Id)];
        var key = string.Join(',', parts.Select(part => part.Node.Id).Order());
        if (!_subschemas.TryGetValue(key, out var subschema)) _subschemas[key] = subschema = new Subschema(this, parts);
        return subschema;
    }

    private SchemaForm Read(SchemaLocation at)
    {
        _budget.Spend();
        var id = at.Node.Id;
        if (_forms.TryGetValue(id, out var known)) return known;
        if (_reading.Count == WorkBudget.MostDepth) throw new TooComplexException();
        if (!_reading.Add(id)) return WithOpaque(SchemaForm.Any, [(new Constraint("$ref", at), References.WholeDocument)]);
        var form = at.Node.Kind switch
        {
            JsonValueKind.True => SchemaForm.Any,
            JsonValueKind.False => SchemaForm.Never,
            JsonValueKind.Object => ReadObject(at),
            _ => WithOpaque(SchemaForm.Any, [(new Constraint("", at), at.Node.Canonical)]),
        };
        _reading.Remove(id);
        return _forms[id] = form;
    }

    private SchemaForm ReadObject(SchemaLocation at)
    {
        var target = References.TargetOf(at);
        if (target is not null && References.HidesNeighbours) return Read(target);

        var keywords = new SchemaKeywordReader(at, References);
        var form = keywords.Form(place => Subschema([place]));
        if (target is not null) form = SchemaAlgebra.Intersect(form, Read(target), _budget);
        foreach (var member in keywords.Members("allOf")) form = SchemaAlgebra.Intersect(form, Read(member), _budget);
        foreach (var keyword in (string[])["anyOf", "oneOf"])
        {
            var members = keywords.Members(keyword);
            if (members.Count == 0) continue;
            var forms = members.ConvertAll(member => SchemaAlgebra.From(member, Read(member)));
            var either = SchemaAlgebra.Union(forms, _budget);

            // A value that two members allow is refused by oneOf: without them being disjoint, widening one may narrow the whole.
            if (keyword == "oneOf" && !SchemaAlgebra.AreDisjoint(forms, _budget))
                either = WithOpaque(either, [(new Constraint(keyword, at.Below(keyword)) { Members = forms }, References.Meaning(at.Below(keyword)))]);
            form = SchemaAlgebra.Intersect(form, either, _budget);
        }

        if (keywords.Schema("not") is { } not)
        {
            if (Read(not).IsAny) return SchemaForm.Never;
            form = WithOpaque(form, [(new Constraint("not", not), References.Meaning(not))]);
        }

        return WithOpaque(form, keywords.Opaque());
    }

    private static SchemaForm WithOpaque(SchemaForm form, IReadOnlyList<(Constraint Constraint, string Meaning)> constraints)
    {
        if (constraints.Count == 0) return form;
        return form with
        {
            Variants = [.. form.Variants.Select(variant => variant with { Opaque = Added(variant.Opaque) })],
        };

        Dictionary<string, Constraint> Added(IReadOnlyDictionary<string, Constraint> old)
        {
            var all = new Dictionary<string, Constraint>(old);
            foreach (var (constraint, meaning) in constraints) all.TryAdd($"{constraint.Name} {meaning}", constraint);
            return all;
        }
    }
}
