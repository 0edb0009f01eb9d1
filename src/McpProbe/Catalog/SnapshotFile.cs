using System.Globalization;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Catalog;

/// <summary>A snapshot as a file: canonical, pretty-printed, reviewable in a pull request (docs/schema/snapshot.schema.json).</summary>
public static class SnapshotFile
{
    private const string NewOne = "take a new one with 'mcpprobe snapshot'";

    /// <summary>The file's bytes.</summary>
    /// <param name="samples">The probes it was taken from, the first being the one whose catalogue is kept; their timings give the latency distribution.</param>
    /// <param name="unstable">What <paramref name="snapshot"/> leaves out, which the file says.</param>
    public static byte[] Write(string target, Snapshot snapshot, IReadOnlyList<ProbeResult> samples, IReadOnlyList<UnstablePlace>? unstable = null)
    {
        using var catalog = new JsonTree(int.MaxValue);
        if (catalog.Read(snapshot.Catalog.Canonical.Span) is { } mistake)
            throw new ArgumentException($"The canonical catalogue is {mistake}.", nameof(snapshot));

        using var output = new PooledBuffer();
        using var writer = new SnapshotWriter(output);
        writer.BeginObject();
        writer.NumberMember("formula", ToolCatalog.Formula);
        writer.StringMember("target", target);
        writer.StringMember("takenAt", UtcInstant.Format(samples[0].StartedAt));
        writer.StringMember("protocolVersion", snapshot.ProtocolVersion);
        writer.Key("server");
        writer.BeginObject();
        writer.StringMember("name", snapshot.Server.Name);
        writer.StringMember("version", snapshot.Server.Version);
        writer.StringMember("instructions", snapshot.Server.Instructions);
        writer.Member("capabilities", catalog, catalog.Member(catalog.Member(JsonTree.Root, "\"server\""u8), "\"capabilities\""u8));
        writer.EndObject();
        writer.Member("tools", catalog, catalog.Member(JsonTree.Root, "\"tools\""u8));
        if (unstable is { Count: > 0 })
        {
            writer.Key("unstable");
            writer.BeginArray();
            foreach (var place in unstable)
            {
                writer.BeginElement();
                writer.StringMember("tool", place.Tool);
                writer.StringMember("path", place.Path);
                writer.EndObject();
            }

            writer.EndArray();
        }

        writer.Key("hashes");
        writer.BeginObject();
        foreach (var (name, hash) in Named(snapshot.Catalog.Hashes)) writer.StringMember(name, hash);
        writer.EndObject();
        WriteLatency(writer, SnapshotLatency.Of(samples));
        writer.EndObject();
        output.Add((byte)'\n');
        return output.Span.ToArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote, and checks that nobody changed it since.</summary>
    public static SnapshotOutcome Read(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith("\uFEFF"u8)) file = file[3..];
        using var tree = new JsonTree(int.MaxValue);
        if (tree.Read(file) is { } mistake) return Error($"not a snapshot file: {mistake}");
        if (tree.Kind(JsonTree.Root) != JsonValueKind.Object || tree.Member(JsonTree.Root, "\"formula\""u8) == JsonTree.None)
            return Error($"not a snapshot file: it has no 'formula'; {NewOne}");
        var formula = tree.Text(tree.Member(JsonTree.Root, "\"formula\""u8));
        if (!formula.SequenceEqual("1"u8))
            return new SnapshotOutcome(null, $"a snapshot of formula {VisibleText.Line(System.Text.Encoding.UTF8.GetString(formula), 20)}, and this version reads formula {ToolCatalog.Formula}; {NewOne}") { IsOtherFormula = true };
        if (tree.Repeated.Count > 0)
            return Error($"not a snapshot file: the key at {VisibleText.Line(tree.PointerTo(tree.Repeated[0]) ?? "", 256)} stands twice; {NewOne}");

        var reader = new Reader(tree);
        var target = reader.String(JsonTree.Root, "target");
        var takenAt = reader.Time(JsonTree.Root, "takenAt");
        var protocolVersion = reader.String(JsonTree.Root, "protocolVersion");
        var serverNode = reader.Member(JsonTree.Root, "server", JsonValueKind.Object);
        var server = new ServerDescription(
            reader.StringOrNull(serverNode, "name"), reader.StringOrNull(serverNode, "version"),
            reader.StringOrNull(serverNode, "instructions"), reader.Json(serverNode, "capabilities"));
        var tools = reader.Member(JsonTree.Root, "tools", JsonValueKind.Array);
        var hashesNode = reader.Member(JsonTree.Root, "hashes", JsonValueKind.Object);
        var hashes = new CatalogHashes(
            reader.String(hashesNode, "hash"), reader.String(hashesNode, "contract"), reader.String(hashesNode, "text"),
            reader.String(hashesNode, "annotations"), reader.String(hashesNode, "server"));
        var unstable = reader.Unstable();
        var latency = reader.Latency();
        if (reader.Error is not null) return Error($"not a snapshot file: {reader.Error}; {NewOne}");

        using var builder = new CatalogBuilder();
        if (builder.AddPage(Page(tree, tools)).Error is { } wrong) return Error($"not a snapshot file: {wrong}; {NewOne}");
        var catalog = builder.Build(server);
        if (catalog.Hashes != hashes)
        {
            var differing = Named(catalog.Hashes).Zip(Named(hashes)).Where(pair => pair.First != pair.Second).Select(pair => pair.First.Name);
            return Error($"the file was edited by hand or damaged: its content does not match {string.Join(", ", differing.Select(name => "/hashes/" + name))}; {NewOne}");
        }

        return new SnapshotOutcome(new SavedSnapshot(target, takenAt, new Snapshot(protocolVersion, server, catalog), latency) { Unstable = unstable }, null);
    }

    private static SnapshotOutcome Error(string message) => new(null, message);

    private static (string Name, string Hash)[] Named(CatalogHashes hashes) =>
    [
        ("hash", hashes.Hash), ("contract", hashes.Contract), ("text", hashes.Text),
        ("annotations", hashes.Annotations), ("server", hashes.Server),
    ];

    private static void WriteLatency(SnapshotWriter writer, SnapshotLatency? latency)
    {
        if (latency is null)
        {
            writer.NullMember("latency");
            return;
        }

        writer.Key("latency");
        writer.BeginObject();
        writer.NumberMember("samples", latency.Samples);
        WritePercentiles(writer, "handshakeMs", latency.HandshakeMs);
        WritePercentiles(writer, "catalogMs", latency.CatalogMs);
        writer.EndObject();
    }

    private static void WritePercentiles(SnapshotWriter writer, string name, Percentiles percentiles)
    {
        writer.Key(name);
        writer.BeginObject();
        writer.NumberMember("p50", percentiles.P50);
        writer.NumberMember("p95", percentiles.P95);
        writer.EndObject();
    }

    private static byte[] Page(JsonTree tree, int tools)
    {
        using var page = new PooledBuffer();
        page.Add("{\"tools\":"u8);
        CanonicalJson.Write(tree, tools, page);
        page.Add((byte)'}');
        return page.Span.ToArray();
    }

    // Remembers the first thing that is not as it should be; what it then returns is not used.
    private sealed class Reader(JsonTree tree)
    {
        public string? Error { get; private set; }

        public int Member(int parent, string name, JsonValueKind kind)
        {
            var member = Find(parent, name);
            if (member != JsonTree.None && tree.Kind(member) == kind) return member;
            Fail(parent, name, kind switch
            {
                JsonValueKind.Object => "an object",
                JsonValueKind.Array => "an array",
                JsonValueKind.Number => "a number",
                _ => "a string",
            });
            return JsonTree.None;
        }

        public string String(int parent, string name) =>
            Member(parent, name, JsonValueKind.String) is var member and not JsonTree.None ? CanonicalString.Decode(tree.Text(member)) : "";

        public string? StringOrNull(int parent, string name) =>
            Find(parent, name) is var member and not JsonTree.None && tree.Kind(member) == JsonValueKind.Null ? null : String(parent, name);

        public DateTimeOffset Time(int parent, string name)
        {
            if (!DateTimeOffset.TryParse(String(parent, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
                Fail(parent, name, "a date and time");
            return time;
        }

        public byte[] Json(int parent, string name)
        {
            var member = Find(parent, name);
            if (member == JsonTree.None)
            {
                Fail(parent, name, "there");
                return [];
            }

            using var output = new PooledBuffer();
            CanonicalJson.Write(tree, member, output);
            return output.Span.ToArray();
        }

        public List<UnstablePlace> Unstable()
        {
            var places = new List<UnstablePlace>();
            if (Find(JsonTree.Root, "unstable") == JsonTree.None) return places;
            var list = Member(JsonTree.Root, "unstable", JsonValueKind.Array);
            for (var place = list == JsonTree.None ? list : tree.FirstChild(list); place != JsonTree.None; place = tree.Next(place))
            {
                if (tree.Kind(place) == JsonValueKind.Object) places.Add(new UnstablePlace(StringOrNull(place, "tool"), String(place, "path")));
                else Error ??= $"{tree.PointerTo(place)} is not an object";
            }

            return places;
        }

        public SnapshotLatency? Latency()
        {
            var latency = Find(JsonTree.Root, "latency");
            if (latency == JsonTree.None || tree.Kind(latency) == JsonValueKind.Null) return null;
            return new SnapshotLatency((int)Number(latency, "samples"), Percentiles(latency, "handshakeMs"), Percentiles(latency, "catalogMs"));
        }

        private Percentiles Percentiles(int parent, string name)
        {
            var node = Member(parent, name, JsonValueKind.Object);
            return new Percentiles(Number(node, "p50"), Number(node, "p95"));
        }

        private double Number(int parent, string name) =>
            Member(parent, name, JsonValueKind.Number) is var member and not JsonTree.None
                ? double.Parse(tree.Text(member), CultureInfo.InvariantCulture)
                : 0;

        private int Find(int parent, string name) =>
            parent == JsonTree.None ? JsonTree.None : tree.Member(parent, System.Text.Encoding.UTF8.GetBytes($"\"{name}\""));

        // The place as a JSON pointer; below something that is missing itself there is nothing to add.
        private void Fail(int parent, string name, string expected)
        {
            if (parent != JsonTree.None) Error ??= $"{tree.PointerTo(parent)}/{name} is not {expected}";
        }
    }
}

/// <summary>What came of reading a snapshot file.</summary>
/// <param name="Error">Why it cannot be used and what to do; null when it can.</param>
public sealed record SnapshotOutcome(SavedSnapshot? Value, string? Error)
{
    /// <summary>The file may be fine, but hashes of different formulas are never compared.</summary>
    public bool IsOtherFormula { get; init; }
}

/// <summary>A snapshot that was taken earlier.</summary>
public sealed record SavedSnapshot(string Target, DateTimeOffset TakenAt, Snapshot Snapshot, SnapshotLatency? Latency)
{
    /// <summary>What the server sends differently at every call, which <see cref="Snapshot"/> leaves out: what is compared with it leaves it out too.</summary>
    public IReadOnlyList<UnstablePlace> Unstable { get; init; } = [];
}
