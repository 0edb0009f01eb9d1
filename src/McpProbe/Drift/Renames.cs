using System.Text.Json;
using McpProbe.Drift.Schemas;

namespace McpProbe.Drift;

/// <summary>
/// Finds tools that only took another name: the schemas mean the same, and no other tool fits as well. A contract without arguments
/// says nothing, so there the description must be the same, too.
/// </summary>
internal static class Renames
{
    // More tools of one shape than this came or went: whatever is paired would be a guess.
    private const int MostOfOneShape = 8;

    public static IReadOnlyList<(TreeNode Before, TreeNode After)> Find(IReadOnlyList<TreeNode> removed, IReadOnlyList<TreeNode> added, WorkBudget budget)
    {
        var renames = new List<(TreeNode, TreeNode)>();
        var news = added.GroupBy(Shape).ToDictionary(group => group.Key, group => group.ToList());
        foreach (var olds in removed.GroupBy(Shape))
        {
            if (!news.TryGetValue(olds.Key, out var candidates) || candidates.Count > MostOfOneShape || olds.Count() > MostOfOneShape) continue;
            var pairs = olds.SelectMany(old => candidates.Where(now => IsSame(old, now, budget)).Select(now => (Old: old, Now: now))).ToList();
            renames.AddRange(pairs.Where(pair => pairs.Count(other => other.Old == pair.Old) == 1 && pairs.Count(other => other.Now == pair.Now) == 1));
        }

        return renames;
    }

    // What tools of one contract have in common, however it is written.
    private static string Shape(TreeNode tool)
    {
        var arguments = tool["inputSchema"]["properties"];
        return string.Join(',', arguments.Members.Select(member => member.Value.QuotedKey)) + tool["outputSchema"].Exists;
    }

    private static bool IsSame(TreeNode before, TreeNode after, WorkBudget budget)
    {
        budget.BeginTool();
        var saysSomething = before["inputSchema"]["properties"].Members.Count > 0
            || (before["description"] is { Kind: JsonValueKind.String } description && description.SameAs(after["description"]));
        return saysSomething && AreSame("inputSchema") && AreSame("outputSchema");

        bool AreSame(string field) => before[field].SameAs(after[field]) || SchemaDiffer.AreEqual(before[field], after[field], budget);
    }
}
