using McpProbe.Catalog.Json;

namespace McpProbe.Drift.Schemas;

/// <summary>
/// A place in a document: its value, if it has one, and the way to it. The pointer is only written when a change is reported; a hostile
/// catalogue with long names around many values must not be paid for at every value.
/// </summary>
internal sealed class SchemaLocation(SchemaLocation? parent, string key, TreeNode node)
{
    // Steps beyond this are left out: the pointer then names an ancestor.
    private const int MostPathLength = 2048;

    public TreeNode Node => node;

    public SchemaLocation Below(string name, TreeNode value) => new(this, name, value);

    /// <summary>A keyword of the schema that stands here; it may be missing.</summary>
    public SchemaLocation Below(string keyword) => new(this, keyword, node[keyword]);

    /// <summary>The JSON pointer (RFC 6901) within the tool.</summary>
    public string Path
    {
        get
        {
            var steps = new Stack<string>();
            for (var at = this; at is not null; at = at.Parent) steps.Push(at.Key);
            var path = "";
            foreach (var step in steps)
            {
                if (path.Length + step.Length > MostPathLength) break;
                path = JsonPointer.To(path, step);
            }

            return path;
        }
    }

    /// <summary>The whole schema of the arguments, or of the results.</summary>
    public bool IsRoot => parent is null;

    private SchemaLocation? Parent => parent;

    private string Key => key;
}
