using System.Globalization;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Text;

namespace McpProbe.Catalog;

/// <summary>The forms of one tool that the hashes are taken over (formula 1), each canonical JSON.</summary>
/// <param name="Whole">The tool without <c>_meta</c>.</param>
/// <param name="Contract">Name and schemas without titles, descriptions, comments and examples.</param>
/// <param name="Text">
/// Name, titles and descriptions at the places where they stand, list positions as keys; empty when there are none.
/// </param>
/// <param name="Annotations">Name and annotations but for their title, which is text; empty when there are none.</param>
internal readonly record struct ToolViews(ByteRange Whole, ByteRange Contract, ByteRange Text, ByteRange Annotations)
{
    /// <summary>Writes the views of the tool that the tree holds.</summary>
    public static ToolViews Write(JsonTree tree, PooledBuffer output)
    {
        var writer = new Writer(tree, output);
        writer.SortSets();
        return new ToolViews(writer.Whole(), writer.Contract(), writer.Text(), writer.Annotations());
    }

    private readonly ref struct Writer(JsonTree tree, PooledBuffer output)
    {
        private static ReadOnlySpan<byte> NameKey => "\"name\""u8;

        private static ReadOnlySpan<byte> InputSchemaKey => "\"inputSchema\""u8;

        private static ReadOnlySpan<byte> OutputSchemaKey => "\"outputSchema\""u8;

        private static ReadOnlySpan<byte> AnnotationsKey => "\"annotations\""u8;

        private static ReadOnlySpan<byte> TitleKey => "\"title\""u8;

        public void SortSets()
        {
            for (var member = tree.FirstChild(JsonTree.Root); member != JsonTree.None; member = tree.Next(member))
            {
                if (IsSchema(tree.Key(member))) SortSets(member, SchemaPosition.Schema);
            }
        }

        public ByteRange Whole()
        {
            var start = Begin();
            for (var member = tree.FirstChild(JsonTree.Root); member != JsonTree.None; member = tree.Next(member))
            {
                if (tree.Key(member).SequenceEqual("\"_meta\""u8)) continue;
                Key(tree.Key(member));
                CanonicalJson.Write(tree, member, output);
            }

            return End(start);
        }

        public ByteRange Contract()
        {
            var start = Begin();
            for (var member = tree.FirstChild(JsonTree.Root); member != JsonTree.None; member = tree.Next(member))
            {
                var schema = IsSchema(tree.Key(member));
                if (!schema && !tree.Key(member).SequenceEqual(NameKey)) continue;
                Key(tree.Key(member));
                Contract(member, schema ? SchemaPosition.Schema : SchemaPosition.Data);
            }

            return End(start);
        }

        public ByteRange Text()
        {
            var start = Begin();
            var any = false;
            for (var member = tree.FirstChild(JsonTree.Root); member != JsonTree.None; member = tree.Next(member))
            {
                var key = tree.Key(member);
                if (key.SequenceEqual(NameKey))
                {
                    Key(key);
                    output.Add(tree.Text(member));
                }
                else if (key.SequenceEqual(AnnotationsKey) && tree.Member(member, TitleKey) is var title and not JsonTree.None)
                {
                    Key(key);
                    output.Add((byte)'{');
                    Key(TitleKey);
                    CanonicalJson.Write(tree, title, output);
                    output.Add((byte)'}');
                    any = true;
                }
                else if (IsSchema(key))
                {
                    any |= Text(key, member, SchemaPosition.Schema);
                }
                else if (SchemaKeywords.Of(SchemaPosition.Schema, key) == SchemaPosition.Text)
                {
                    any |= Text(key, member, SchemaPosition.Text);
                }
            }

            return any ? End(start) : Nothing(start);
        }

        public ByteRange Annotations()
        {
            var start = Begin();
            var annotations = tree.Member(JsonTree.Root, AnnotationsKey);
            if (annotations == JsonTree.None) return Nothing(start);
            Key(AnnotationsKey);
            if (tree.Kind(annotations) == JsonValueKind.Object)
            {
                output.Add((byte)'{');
                for (var member = tree.FirstChild(annotations); member != JsonTree.None; member = tree.Next(member))
                {
                    if (tree.Key(member).SequenceEqual(TitleKey)) continue;
                    Key(tree.Key(member));
                    CanonicalJson.Write(tree, member, output);
                }

                output.Add((byte)'}');
            }
            else
            {
                CanonicalJson.Write(tree, annotations, output);
            }

            Key(NameKey);
            output.Add(tree.Text(tree.Member(JsonTree.Root, NameKey)));
            return End(start);
        }

        private void SortSets(int node, SchemaPosition position)
        {
            if (position == SchemaPosition.Set && tree.Kind(node) == JsonValueKind.Array) tree.SortAsSet(node);
            if (position is not (SchemaPosition.Schema or SchemaPosition.SchemaMap)) return;
            for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
                SortSets(child, PositionOf(node, position, child));
        }

        private void Contract(int node, SchemaPosition position)
        {
            if (position is not (SchemaPosition.Schema or SchemaPosition.SchemaMap)
                || tree.Kind(node) is not (JsonValueKind.Object or JsonValueKind.Array))
            {
                CanonicalJson.Write(tree, node, output);
                return;
            }

            var isObject = tree.Kind(node) == JsonValueKind.Object;
            output.Add(isObject ? (byte)'{' : (byte)'[');
            for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
            {
                var inner = PositionOf(node, position, child);
                if (inner is SchemaPosition.Text or SchemaPosition.Remark) continue;
                if (isObject) Key(tree.Key(child));
                else Separate();
                Contract(child, inner);
            }

            output.Add(isObject ? (byte)'}' : (byte)']');
        }

        // Writes a member if there is text in it; true if there was. Nested rather than by full pointer: a long name around many
        // descriptions must not be written once for each of them.
        private bool Text(scoped ReadOnlySpan<byte> key, int node, SchemaPosition position)
        {
            var start = output.Length;
            if (position == SchemaPosition.Text)
            {
                Key(key);
                CanonicalJson.Write(tree, node, output);
                return true;
            }

            if (position is not (SchemaPosition.Schema or SchemaPosition.SchemaMap) || tree.FirstChild(node) == JsonTree.None) return false;
            Key(key);
            output.Add((byte)'{');
            var any = false;
            var index = 0;
            Span<byte> indexKey = stackalloc byte[16];
            for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child), index++)
            {
                if (tree.Kind(node) == JsonValueKind.Object)
                {
                    any |= Text(tree.Key(child), child, PositionOf(node, position, child));
                }
                else
                {
                    System.Text.Unicode.Utf8.TryWrite(indexKey, CultureInfo.InvariantCulture, $"\"{index}\"", out var length);
                    any |= Text(indexKey[..length], child, position);
                }
            }

            output.Add((byte)'}');
            if (!any) output.CutTo(start);
            return any;
        }

        // A list in the place of a schema (anyOf, prefixItems, draft-07 items) is a list of schemas.
        private SchemaPosition PositionOf(int parent, SchemaPosition position, int child) =>
            tree.Kind(parent) == JsonValueKind.Array ? position : SchemaKeywords.Of(position, tree.Key(child));

        private static bool IsSchema(ReadOnlySpan<byte> key) => key.SequenceEqual(InputSchemaKey) || key.SequenceEqual(OutputSchemaKey);

        private int Begin()
        {
            var start = output.Length;
            output.Add((byte)'{');
            return start;
        }

        private ByteRange End(int start)
        {
            output.Add((byte)'}');
            return output.Since(start);
        }

        private ByteRange Nothing(int start)
        {
            output.CutTo(start);
            return new ByteRange(start, 0);
        }

        private void Key(scoped ReadOnlySpan<byte> quoted)
        {
            Separate();
            output.Add(quoted);
            output.Add((byte)':');
        }

        private void Separate()
        {
            if (output.Span[^1] is not ((byte)'{' or (byte)'[')) output.Add((byte)',');
        }
    }
}
