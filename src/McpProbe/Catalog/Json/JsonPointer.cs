using System.Globalization;
using System.Text.Json;
using McpProbe.Text;

namespace McpProbe.Catalog.Json;

/// <summary>JSON pointers (RFC 6901).</summary>
internal static class JsonPointer
{
    public static string To(string parent, string key) => $"{parent}/{Escape(key)}";

    /// <summary>A key as a part of a pointer.</summary>
    public static string Escape(string key) =>
        key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The key that a part of a pointer names.</summary>
    public static string Unescape(string part) =>
        part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    /// <summary>Empty, which is the whole document, or parts that each begin with a slash; a tilde is followed by 0 or 1.</summary>
    public static bool IsValid(string pointer)
    {
        if (pointer.Length > 0 && pointer[0] != '/')
            return false;
        for (var i = pointer.IndexOf('~', StringComparison.Ordinal); i >= 0; i = pointer.IndexOf('~', i + 1))
        {
            if (i + 1 == pointer.Length || pointer[i + 1] is not ('0' or '1'))
                return false;
        }

        return true;
    }

    /// <summary>The node that a valid pointer names; <see cref="JsonTree.None"/> when there is none.</summary>
    public static int Find(JsonTree tree, string pointer)
    {
        var node = JsonTree.Root;
        foreach (var part in pointer.Split('/').Skip(1))
        {
            var key = Unescape(part);
            node = tree.Kind(node) switch
            {
                JsonValueKind.Object => Member(tree, node, key),
                JsonValueKind.Array => Element(tree, node, key),
                _ => JsonTree.None,
            };
            if (node == JsonTree.None)
                return node;
        }

        return node;
    }

    private static int Member(JsonTree tree, int node, string key)
    {
        using var quoted = new PooledBuffer();
        CanonicalString.Write(key, quoted);
        return tree.Member(node, quoted.Span);
    }

    private static int Element(JsonTree tree, int node, string index)
    {
        // No leading zeros (RFC 6901, 4).
        if ((index.StartsWith('0') && index.Length > 1)
            || !int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var left))
            return JsonTree.None;

        var element = tree.FirstChild(node);
        while (element != JsonTree.None && left-- > 0)
            element = tree.Next(element);
        return element;
    }
}
