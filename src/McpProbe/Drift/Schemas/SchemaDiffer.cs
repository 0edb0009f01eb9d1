using System.Text;
using System.Text.Json;
using McpProbe.Catalog.Json;

namespace McpProbe.Drift.Schemas;

/// <summary>What a schema speaks of, which decides whether narrower or wider breaks.</summary>
internal enum SchemaRole
{
    /// <summary>Arguments, a request: narrower breaks.</summary>
    Input,

    /// <summary>Results, a response: wider breaks.</summary>
    Output,
}

/// <summary>
/// Compares the schemas of a tool: brings both into normal form, compares the forms, and names each difference by what it does to
/// callers. Text is compared where the schemas correspond. What cannot be proved is unknown, never taken for safe.
/// </summary>
internal sealed class SchemaDiffer(string tool, ChangeList changes, WorkBudget budget)
{
    private readonly HashSet<(DriftRule, int, int)> _told = [];

    public void Compare(SchemaRole role, string field, TreeNode before, TreeNode after)
    {
        if (before.SameAs(after)) return;
        var (old, now) = (new SchemaLocation(null, field, before), new SchemaLocation(null, field, after));
        if (!IsSchema(before) || !IsSchema(after))
        {
            Add(SchemaRules.SchemaChanged, now, before, after);
            return;
        }

        try
        {
            Compare(role, old, now);
        }
        catch (TooComplexException)
        {
            Add(SchemaRules.TooComplex, now, before, after);
        }
    }

    /// <summary>Whether two schemas mean the same, whatever their text says; false, too, when that is too much work.</summary>
    public static bool AreEqual(TreeNode before, TreeNode after, WorkBudget budget)
    {
        if (before.SameAs(after)) return true;
        if (!IsSchema(before) || !IsSchema(after)) return false;
        try
        {
            var (old, now) = (new SchemaReader(new SchemaLocation(null, "", before), budget), new SchemaReader(new SchemaLocation(null, "", after), budget));
            return new SchemaComparer(budget, static (_, _) => { }).AreEqual(old.Root, now.Root);
        }
        catch (TooComplexException)
        {
            return false;
        }
    }

    private static bool IsSchema(TreeNode node) => node.IsObject || node.Kind is JsonValueKind.True or JsonValueKind.False;

    private void Compare(SchemaRole role, SchemaLocation before, SchemaLocation after)
    {
        var (old, now) = (new SchemaReader(before, budget), new SchemaReader(after, budget));
        var corresponding = new List<(IReadOnlyList<SchemaLocation> Before, IReadOnlyList<SchemaLocation> After)>();
        var differences = new SchemaComparer(budget, (olds, news) => corresponding.Add((olds, news))).Compare(old.Root, now.Root);
        foreach (var (rule, where, was, becomes, name) in differences)
            Add(role == SchemaRole.Input ? rule.Input : rule.Output, where, was, becomes, name);

        var texts = 0;
        foreach (var (olds, news) in corresponding)
        {
            texts += CompareTexts("title", SchemaRules.TitleChanged) + CompareTexts("description", SchemaRules.DescriptionChanged);
            CompareAnnotations(old.References.Annotations(olds[0]), now.References.Annotations(news[0]));

            int CompareTexts(string keyword, DriftRule rule)
            {
                var (x, y) = (old.References.Texts(keyword, olds), now.References.Texts(keyword, news));
                return x.Count == y.Count && x.Keys.All(y.ContainsKey)
                    ? 0
                    : this.CompareTexts(rule, x, y, old.References.TextsOfMembers(keyword, olds), now.References.TextsOfMembers(keyword, news));
            }
        }

        if (differences.Count > 0) return;

        // What remains is written differently only, but for text in places that do not correspond; a model may read that, too.
        var (view, otherView) = (SchemaView.Of(before.Node), SchemaView.Of(after.Node));
        var (x, y) = SchemaView.Narrowest(before, after);
        if (texts == 0 && !view.Texts.SetEquals(otherView.Texts)) Add(ReadTheSame(view.Texts, otherView.Texts) ? SchemaRules.TextNotationChanged : SchemaRules.DescriptionChanged, y, x.Node, y.Node);
        else if (view.Contract != otherView.Contract || _told.Count == 0) Add(SchemaRules.NotationChanged, y, x.Node, y.Node);
    }

    // Told only once where a definition is used many times. A text that moved into a member of a union, or out of one, is the same.
    private int CompareTexts(
        DriftRule rule, Dictionary<string, SchemaLocation> before, Dictionary<string, SchemaLocation> after,
        HashSet<string> inMembersBefore, HashSet<string> inMembersAfter)
    {
        var olds = before.Where(old => !after.ContainsKey(old.Key) && !inMembersAfter.Contains(old.Key)).Select(old => old.Value).ToList();
        var news = after.Where(now => !before.ContainsKey(now.Key) && !inMembersBefore.Contains(now.Key)).Select(now => now.Value).ToList();
        for (var i = 0; i < Math.Max(olds.Count, news.Count); i++)
        {
            var (old, now) = (olds.ElementAtOrDefault(i), news.ElementAtOrDefault(i));
            var (was, becomes) = (old?.Node ?? now!.Node.None, now?.Node ?? old!.Node.None);
            Add(TextRules.For(rule, was, becomes), (now ?? old)!, was, becomes);
        }

        return olds.Count + news.Count;
    }

    private static bool ReadTheSame(HashSet<string> before, HashSet<string> after)
    {
        return before.Select(Reading).ToHashSet().SetEquals(after.Select(Reading));

        // What is no string is compared as it is.
        static string Reading(string canonical) =>
            canonical.StartsWith('"') ? '"' + TextNotation.Of(CanonicalString.Decode(Encoding.UTF8.GetBytes(canonical))) : canonical;
    }

    private void CompareAnnotations(Dictionary<string, SchemaLocation> before, Dictionary<string, SchemaLocation> after)
    {
        foreach (var keyword in before.Keys.Union(after.Keys))
        {
            var (old, now) = (before.GetValueOrDefault(keyword), after.GetValueOrDefault(keyword));
            if (old is not null && now is not null && old.Node.SameAs(now.Node)) continue;
            var rule = keyword switch
            {
                "default" => SchemaRules.DefaultChanged,
                "contentEncoding" or "contentMediaType" => SchemaRules.ContentTypeChanged,
                _ => SchemaRules.RemarkChanged,
            };
            Add(rule, (now ?? old)!, old?.Node ?? now!.Node.None, now?.Node ?? old!.Node.None);
        }
    }

    private void Add(DriftRule rule, SchemaLocation where, TreeNode before, TreeNode after, string? name = null)
    {
        if (_told.Add((rule, before.Id, after.Id))) changes.Add(rule, tool, where.Path, before, after, name);
    }
}
