using System.Text;
using McpProbe.Catalog;

namespace McpProbe.Drift.Schemas;

/// <summary>A schema as it is written: its contract and its text.</summary>
internal sealed record SchemaView(string Contract, HashSet<string> Texts)
{
    public static SchemaView Of(TreeNode schema)
    {
        var contract = new StringBuilder();
        var texts = new HashSet<string>();
        Write(schema, SchemaPosition.Schema);
        return new SchemaView(contract.ToString(), texts);

        void Write(TreeNode node, SchemaPosition position)
        {
            if (position is not (SchemaPosition.Schema or SchemaPosition.SchemaMap) || !(node.IsObject || node.IsArray))
            {
                contract.Append(node.Canonical);
                return;
            }

            contract.Append(node.IsObject ? '{' : '[');
            foreach (var (key, child) in node.Members)
            {
                var inner = SchemaKeywords.Of(position, child.QuotedKeyBytes);
                if (inner == SchemaPosition.Text && !child.IsNothing) texts.Add(child.Canonical);
                if (inner is SchemaPosition.Text or SchemaPosition.Remark || (position == SchemaPosition.Schema && SchemaKeywordReader.IsRemark(key))) continue;
                contract.Append(child.QuotedKey).Append(':');
                Write(child, inner);
                contract.Append(',');
            }

            foreach (var element in node.Elements)
            {
                Write(element, position);
                contract.Append(',');
            }

            contract.Append(node.IsObject ? '}' : ']');
        }
    }

    /// <summary>The smallest part of two documents that holds all that differs.</summary>
    public static (SchemaLocation Before, SchemaLocation After) Narrowest(SchemaLocation before, SchemaLocation after)
    {
        while (before.Node.IsObject && after.Node.IsObject)
        {
            var differing = TreeNode.SideBySide(before.Node, after.Node).FindAll(member => !member.Before.SameAs(member.After));
            if (differing is not [var (key, old, now)]) break;
            (before, after) = (before.Below(key, old), after.Below(key, now));
        }

        return (before, after);
    }
}
