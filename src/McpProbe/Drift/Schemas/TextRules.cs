using System.Text.Json;

namespace McpProbe.Drift.Schemas;

/// <summary>Which change a text went through: another text, or the same one written differently.</summary>
internal static class TextRules
{
    /// <param name="rule">For another text.</param>
    public static DriftRule For(DriftRule rule, TreeNode before, TreeNode after) =>
        before.Kind is JsonValueKind.String && after.Kind is JsonValueKind.String && TextNotation.IsSame(before.String, after.String)
            ? SchemaRules.TextNotationChanged
            : rule;

    /// <summary>Null against left out.</summary>
    public static bool AreNothing(TreeNode before, TreeNode after) => before.IsNothing && after.IsNothing;
}
