using System.Text.Json;
using McpProbe.Text;

namespace McpProbe.Catalog.Json;

/// <summary>
/// The JSON Canonicalization Scheme (RFC 8785): keys in the order of their UTF-16 code units, no white space, numbers by value,
/// strings with only what JSON demands escaped. Beyond the RFC, which refuses them: a lone surrogate keeps its escape, a number
/// out of a double's range keeps its text, and of duplicate keys the last wins.
/// </summary>
public static class CanonicalJson
{
    /// <summary>The canonical form of a document, or what is wrong with it; never throws on foreign bytes.</summary>
    public static CanonicalOutcome From(ReadOnlySpan<byte> json)
    {
        using var tree = new JsonTree();
        if (tree.Read(json) is { } error) return new CanonicalOutcome(null, error);
        using var output = new PooledBuffer();
        Write(tree, JsonTree.Root, output);
        return new CanonicalOutcome(output.Span.ToArray(), null);
    }

    internal static void Write(JsonTree tree, int node, PooledBuffer output)
    {
        switch (tree.Kind(node))
        {
            case JsonValueKind.Object:
                output.Add((byte)'{');
                for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
                {
                    if (child != tree.FirstChild(node)) output.Add((byte)',');
                    output.Add(tree.Key(child));
                    output.Add((byte)':');
                    Write(tree, child, output);
                }

                output.Add((byte)'}');
                break;
            case JsonValueKind.Array:
                output.Add((byte)'[');
                for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
                {
                    if (child != tree.FirstChild(node)) output.Add((byte)',');
                    Write(tree, child, output);
                }

                output.Add((byte)']');
                break;
            default:
                output.Add(tree.Text(node));
                break;
        }
    }
}

/// <summary>Canonical bytes, or why there are none.</summary>
public sealed record CanonicalOutcome(byte[]? Canonical, string? Error);
