using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Catalog;

/// <summary>A place of a catalogue that is not the same at every call of its server.</summary>
/// <param name="Tool">Null for the server's own words.</param>
/// <param name="Path">
/// JSON pointer (RFC 6901) within the tool or the server, to a member of an object or to a whole array; empty for a tool that is not
/// always there.
/// </param>
public sealed record UnstablePlace(string? Tool, string Path)
{
    public override string ToString() => $"{(Tool is null ? "(the server)" : VisibleText.Line(Tool))} {(Path.Length == 0 ? "(is not always there)" : VisibleText.Line(Path, 256))}";
}

/// <summary>Finds what of a catalogue changes from call to call, and leaves it out.</summary>
public static class UnstablePlaces
{
    /// <summary>Where catalogues of one server differ from the first of them, each place once, in the order of the catalogue.</summary>
    public static IReadOnlyList<UnstablePlace> Between(IReadOnlyList<ToolCatalog> catalogs)
    {
        var found = new List<UnstablePlace>();
        using var first = Read(catalogs[0]);
        foreach (var other in catalogs.Skip(1).Where(other => other.Hashes.Hash != catalogs[0].Hashes.Hash).DistinctBy(other => other.Hashes.Hash))
        {
            using var second = Read(other);
            new Comparison(first, second, found).Run();
        }

        // Within a place that is left out nothing else is.
        var all = found.ToHashSet();
        return [.. found.Distinct().Where(place => !Above(place).Any(all.Contains)).OrderBy(place => place.Tool, StringComparer.Ordinal).ThenBy(place => place.Path, StringComparer.Ordinal)];
    }

    /// <summary>
    /// The snapshot as if the server did not send what stands at these places: members of objects and whole tools are left out, the
    /// server's name and instructions are null. Its hashes are those of what is left, by the same formula.
    /// </summary>
    public static Snapshot LeaveOut(Snapshot snapshot, IReadOnlyList<UnstablePlace> places)
    {
        if (places.Count == 0)
            return snapshot;
        using var tree = Read(snapshot.Catalog);
        var left = places.ToHashSet();
        using var page = new PooledBuffer();
        page.Add("{\"tools\":["u8);
        var any = false;
        for (var tool = tree.FirstChild(Tools(tree)); tool != JsonTree.None; tool = tree.Next(tool))
        {
            var name = NameOf(tree, tool);
            if (left.Contains(new UnstablePlace(name, "")))
                continue;
            if (any) page.Add((byte)',');
            any = true;
            Write(tree, tool, name, "", left, page);
        }

        page.Add("]}"u8);
        using var capabilities = new PooledBuffer();
        var server = tree.Member(JsonTree.Root, "\"server\""u8);
        Write(tree, tree.Member(server, "\"capabilities\""u8), null, "/capabilities", left, capabilities);
        using var builder = new CatalogBuilder();
        if (builder.AddPage(page.Span.ToArray()).Error is { } error)
            throw new InvalidOperationException($"a catalogue without its unstable places is no catalogue: {error}");
        var words = snapshot.Server with
        {
            Name = left.Contains(new UnstablePlace(null, "/name")) ? null : snapshot.Server.Name,
            Instructions = left.Contains(new UnstablePlace(null, "/instructions")) ? null : snapshot.Server.Instructions,
            Capabilities = left.Contains(new UnstablePlace(null, "/capabilities")) ? default : capabilities.Span.ToArray(),
        };
        return snapshot with { Server = words, Catalog = builder.Build(words) with { Pages = snapshot.Catalog.Pages } };
    }

    private static IEnumerable<UnstablePlace> Above(UnstablePlace place)
    {
        for (var path = place.Path; path.Length > 0;)
        {
            path = path[..path.LastIndexOf('/')];
            yield return place with { Path = path };
        }
    }

    private static void Write(JsonTree tree, int node, string? tool, string path, HashSet<UnstablePlace> left, PooledBuffer output)
    {
        var isObject = tree.Kind(node) == JsonValueKind.Object;
        if (!isObject && tree.Kind(node) != JsonValueKind.Array)
        {
            output.Add(tree.Text(node));
            return;
        }

        output.Add(isObject ? (byte)'{' : (byte)'[');
        var (any, index) = (false, 0);
        for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
        {
            var at = To(tree, path, child, index++);
            if (left.Contains(new UnstablePlace(tool, at)))
                continue;
            if (any) output.Add((byte)',');
            any = true;
            if (isObject)
            {
                output.Add(tree.Key(child));
                output.Add((byte)':');
            }

            Write(tree, child, tool, at, left, output);
        }

        output.Add(isObject ? (byte)'}' : (byte)']');
    }

    private static string To(JsonTree tree, string path, int child, int index)
    {
        var key = tree.Key(child);
        var part = key.Length == 0 ? index.ToString(System.Globalization.CultureInfo.InvariantCulture)
            : CanonicalString.Decode(key).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
        return $"{path}/{part}";
    }

    private static JsonTree Read(ToolCatalog catalog)
    {
        var tree = new JsonTree(int.MaxValue);
        return tree.Read(catalog.Canonical.Span) is { } mistake
            ? throw new ArgumentException($"The canonical catalogue is {mistake}.", nameof(catalog))
            : tree;
    }

    private static int Tools(JsonTree tree) => tree.Member(JsonTree.Root, "\"tools\""u8);

    private static string NameOf(JsonTree tree, int tool) => CanonicalString.Decode(tree.Text(tree.Member(tool, "\"name\""u8)));

    private sealed class Comparison(JsonTree a, JsonTree b, List<UnstablePlace> found)
    {
        private string? _tool;

        public void Run()
        {
            Compare(a.Member(JsonTree.Root, "\"server\""u8), b.Member(JsonTree.Root, "\"server\""u8), "");
            var others = new Dictionary<string, int>(StringComparer.Ordinal);
            for (var tool = b.FirstChild(Tools(b)); tool != JsonTree.None; tool = b.Next(tool))
                others[NameOf(b, tool)] = tool;
            for (var tool = a.FirstChild(Tools(a)); tool != JsonTree.None; tool = a.Next(tool))
            {
                _tool = NameOf(a, tool);
                if (others.Remove(_tool, out var other))
                    Compare(tool, other, "");
                else
                    found.Add(new UnstablePlace(_tool, ""));
            }

            found.AddRange(others.Keys.Select(name => new UnstablePlace(name, "")));
        }

        /// <returns>Whether they are the same, but for places below that were found.</returns>
        private bool Compare(int left, int right, string path)
        {
            if (a.Kind(left) != b.Kind(right))
                return false;
            return a.Kind(left) switch
            {
                JsonValueKind.Object => Members(left, right, path),
                JsonValueKind.Array => Elements(left, right, path),
                _ => a.Text(left).SequenceEqual(b.Text(right)),
            };
        }

        private bool Members(int left, int right, string path)
        {
            for (var member = a.FirstChild(left); member != JsonTree.None; member = a.Next(member))
            {
                var other = b.Member(right, a.Key(member));
                var at = To(a, path, member, 0);
                if (other == JsonTree.None || !Compare(member, other, at))
                    found.Add(new UnstablePlace(_tool, at));
            }

            for (var member = b.FirstChild(right); member != JsonTree.None; member = b.Next(member))
            {
                if (a.Member(left, b.Key(member)) == JsonTree.None)
                    found.Add(new UnstablePlace(_tool, To(b, path, member, 0)));
            }

            return true;
        }

        // An element that is left out would move those after it: the whole array is.
        private bool Elements(int left, int right, string path)
        {
            var (from, index) = (found.Count, 0);
            var (one, other) = (a.FirstChild(left), b.FirstChild(right));
            while (one != JsonTree.None && other != JsonTree.None && Compare(one, other, $"{path}/{index++}"))
                (one, other) = (a.Next(one), b.Next(other));
            if (one == JsonTree.None && other == JsonTree.None)
                return true;
            found.RemoveRange(from, found.Count - from);
            return false;
        }
    }
}
