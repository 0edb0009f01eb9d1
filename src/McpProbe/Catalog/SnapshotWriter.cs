using System.Text;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Text;

namespace McpProbe.Catalog;

/// <summary>
/// Writes JSON for reviewers: two-space indented, one member a line, every character as itself except those that a reviewer
/// cannot see (<see cref="VisibleText.IsHidden"/>), which are escaped. No writer of the framework escapes just those.
/// </summary>
internal sealed class SnapshotWriter(PooledBuffer output) : IDisposable
{
    private readonly PooledBuffer _scratch = new();
    private int _depth;
    private bool _first = true;

    public void BeginObject() => Begin((byte)'{');

    public void EndObject() => End((byte)'}');

    public void BeginArray() => Begin((byte)'[');

    public void EndArray() => End((byte)']');

    /// <summary>An object within an array.</summary>
    public void BeginElement()
    {
        Separate();
        BeginObject();
    }

    public void Key(string name)
    {
        Separate();
        output.Add((byte)'"');
        output.Add(Encoding.ASCII.GetBytes(name));
        output.Add("\": "u8);
    }

    public void StringMember(string name, string? text)
    {
        Key(name);
        if (text is null)
        {
            output.Add("null"u8);
            return;
        }

        _scratch.CutTo(0);
        CanonicalString.Write(text, _scratch);
        Visible(_scratch.Span);
    }

    public void NumberMember(string name, double number)
    {
        Key(name);
        CanonicalNumber.Write(number, output);
    }

    public void NullMember(string name)
    {
        Key(name);
        output.Add("null"u8);
    }

    public void Member(string name, JsonTree tree, int node)
    {
        Key(name);
        Node(tree, node);
    }

    public void Dispose() => _scratch.Dispose();

    private void Node(JsonTree tree, int node)
    {
        var kind = tree.Kind(node);
        if (kind == JsonValueKind.String) Visible(tree.Text(node));
        else if (kind is not (JsonValueKind.Object or JsonValueKind.Array)) output.Add(tree.Text(node));
        else if (tree.FirstChild(node) == JsonTree.None) output.Add(kind == JsonValueKind.Object ? "{}"u8 : "[]"u8);
        else Children(tree, node, kind == JsonValueKind.Object);
    }

    private void Children(JsonTree tree, int node, bool isObject)
    {
        Begin(isObject ? (byte)'{' : (byte)'[');
        for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
        {
            Separate();
            if (isObject)
            {
                Visible(tree.Key(child));
                output.Add(": "u8);
            }

            Node(tree, child);
        }

        End(isObject ? (byte)'}' : (byte)']');
    }

    // Escapes of a canonical string are ASCII and pass; it is valid UTF-8.
    private void Visible(ReadOnlySpan<byte> canonical)
    {
        Span<char> units = stackalloc char[2];
        while (canonical.Length > 0)
        {
            Rune.DecodeFromUtf8(canonical, out var rune, out var length);
            if (!VisibleText.IsHidden(rune)) output.Add(canonical[..length]);
            else foreach (var unit in units[..rune.EncodeToUtf16(units)]) CanonicalString.WriteEscape(unit, output);
            canonical = canonical[length..];
        }
    }

    private void Begin(byte bracket)
    {
        output.Add(bracket);
        _depth++;
        _first = true;
    }

    private void End(byte bracket)
    {
        _depth--;
        if (!_first) NewLine();
        output.Add(bracket);
        _first = false;
    }

    private void Separate()
    {
        if (!_first) output.Add((byte)',');
        _first = false;
        NewLine();
    }

    private void NewLine()
    {
        output.Add((byte)'\n');
        output.Reserve(2 * _depth).Fill((byte)' ');
    }
}
