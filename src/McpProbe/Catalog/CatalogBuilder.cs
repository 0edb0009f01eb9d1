using System.Text;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Catalog;

/// <summary>
/// Gathers the pages of <c>tools/list</c>, from bytes, into one <see cref="ToolCatalog"/>. What it makes depends on the bytes of
/// the pages and the server's description only. Not disposing of it costs its pooled buffers, nothing else.
/// </summary>
/// <remarks>A little longer than other files: reading a page, building and hashing share the buffers that are pooled.</remarks>
public sealed class CatalogBuilder : IDisposable
{
    /// <summary>
    /// Of the canonical forms of all pages together; beyond it a page is an error. A page of 4 MiB has at most three forms of its own
    /// size, unless it is made of numbers such as <c>1e20</c>, which grow.
    /// </summary>
    public const int MostBytes = 12 << 20;

    private const int MostFindings = 20;

    // A search walks a whole tool, and what is sought may be gone with a repeated member around it.
    private const int MostSearches = 2 * MostFindings;

    private readonly JsonTree _tree = new();
    private readonly PooledBuffer _views = new();
    private readonly List<Tool> _tools = [];
    private readonly List<Finding> _findings = [];
    private List<UnusableTool>? _unusable;
    private List<(string Tool, string Keyword)>? _combinators;
    private int _pages;
    private int _searches;

    /// <summary>Texts that no catalogue may hold, wherever a server echoes them: <c>***</c> stands in their place.</summary>
    public IReadOnlyList<string> Secrets
    {
        init => _tree.Hide(value);
    }

    /// <summary>Ends <see cref="AddPage"/> between two tools: the largest page takes a second of a processor.</summary>
    public CancellationToken Cancellation { private get; init; }

    /// <summary>Soft findings met on the way, such as duplicate JSON keys; at most 20.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>Why official clients throw the list away; the first of each tool, at most 20 in all.</summary>
    internal IReadOnlyList<UnusableTool> Unusable => _unusable ?? (IReadOnlyList<UnusableTool>)[];

    /// <summary>Tools that official clients cannot read.</summary>
    internal int UnusableTools { get; private set; }

    /// <summary>Tools that clients list and some models' APIs refuse, each with the keyword at the top of its input schema; at most 20.</summary>
    internal IReadOnlyList<(string Tool, string Keyword)> Combinators => _combinators ?? (IReadOnlyList<(string, string)>)[];

    /// <summary>Tools gathered so far.</summary>
    public int Count => _tools.Count;

    /// <summary>
    /// Adds one page: the <c>result</c> object of a <c>tools/list</c> answer. Copies what it keeps; keeps nothing of a page that
    /// is an error. Never throws on foreign bytes, but for <see cref="Cancellation"/>.
    /// </summary>
    public PageOutcome AddPage(ReadOnlyMemory<byte> result)
    {
        var (tools, views, findings) = (_tools.Count, _views.Length, _findings.Count);
        var outcome = ReadPage(result.Span, tools, views);
        if (outcome.Error is null)
        {
            _pages++;
            return outcome;
        }

        _tools.RemoveRange(tools, _tools.Count - tools);
        _views.CutTo(views);
        _findings.RemoveRange(findings, _findings.Count - findings);
        return outcome;
    }

    /// <summary>The catalogue of all pages added so far.</summary>
    public ToolCatalog Build(ServerDescription server)
    {
        var tools = _tools.ToArray();
        Array.Sort(tools, Order);

        using var canonical = new PooledBuffer();
        canonical.Add("{\"formula\":1,\"server\":"u8);
        var serverStart = canonical.Length;
        WriteServer(server, canonical);
        var serverView = canonical.Since(serverStart);
        canonical.Add(",\"tools\":["u8);
        foreach (var tool in tools)
        {
            if (canonical.Span[^1] == '}') canonical.Add((byte)',');
            canonical.Add(_views.Slice(tool.Views.Whole));
        }

        canonical.Add("]}"u8);

        using var sha = CatalogHash.Create();
        var hashes = new CatalogHashes(
            HashOf(sha, canonical.Span),
            HashOf(sha, tools, static tool => tool.Views.Contract),
            HashOf(sha, tools, static tool => tool.Views.Text),
            HashOf(sha, tools, static tool => tool.Views.Annotations),
            HashOf(sha, canonical.Slice(serverView)));
        var names = Array.ConvertAll(tools, tool => CanonicalString.Decode(_views.Slice(tool.Name)));
        return new ToolCatalog(canonical.Span.ToArray(), hashes, names, _pages);
    }

    public void Dispose()
    {
        _tree.Dispose();
        _views.Dispose();
        _tools.Clear();
    }

    private PageOutcome ReadPage(ReadOnlySpan<byte> page, int firstTool, int firstView)
    {
        if (!System.Text.Unicode.Utf8.IsValid(page)) return Error($"the tools/list result is {JsonMistake.NotUtf8}");
        var reader = new Utf8JsonReader(page, JsonTree.ReaderOptions);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) return Error("the tools/list result is not a JSON object");

            var hasTools = false;
            ReadOnlyMemory<byte>? cursor = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (JsonText.NameIs(reader, "tools"u8))
                {
                    if (hasTools)
                    {
                        // The last wins, as everywhere.
                        _tools.RemoveRange(firstTool, _tools.Count - firstTool);
                        _views.CutTo(firstView);
                        _unusable?.RemoveAll(tool => tool.Tool is not null);
                        UnusableTools = 0;
                        Find(null, "/tools", "tools");
                    }

                    hasTools = true;
                    reader.Read();
                    if (ReadTools(ref reader) is { } error) return Error(error);
                }
                else if (JsonText.NameIs(reader, "nextCursor"u8))
                {
                    reader.Read();
                    if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                        return Error("'nextCursor' in the tools/list result is not a string");
                    if (reader.TokenType is JsonTokenType.Null)
                        AddUnusable(new UnusableTool(null, "/nextCursor", "cursor-null", "/nextCursor is null, where a last page leaves it out"));
                    cursor = reader.TokenType == JsonTokenType.Null ? (ReadOnlyMemory<byte>?)null : Raw(page, reader);
                }
                else if (JsonText.NameIs(reader, "_meta"u8))
                {
                    reader.Read();
                    if (reader.TokenType is not JsonTokenType.StartObject)
                        AddUnusable(new UnusableTool(null, "/_meta", "meta-type", "/_meta is not an object"));
                    reader.Skip();
                }
                else
                {
                    reader.Skip();
                }
            }

            reader.Read();
            return hasTools ? new PageOutcome(cursor, null) : Error("the tools/list result has no 'tools' array");
        }
        catch (JsonException mistake)
        {
            return Error($"the tools/list result is {JsonMistake.Describe(mistake, reader)}");
        }
    }

    private string? ReadTools(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray) return "'tools' in the tools/list result is not an array";
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            Cancellation.ThrowIfCancellationRequested();
            if (reader.TokenType != JsonTokenType.StartObject) return $"tools[{index}] is not an object";
            if (_tree.Read(ref reader) is { } error) return $"tools[{index}] has {error}";
            var name = _tree.Member(JsonTree.Root, "\"name\""u8);
            if (name == JsonTree.None) return $"tools[{index}] has no name";
            if (_tree.Kind(name) != JsonValueKind.String) return $"the name of tools[{index}] is not a string";

            Judge(name);
            var start = _views.Length;
            _views.Add(_tree.Text(name));
            _tools.Add(new Tool(_views.Since(start), ToolViews.Write(_tree, _views)));
            if (_views.Length > MostBytes) return $"the catalogue is larger than {MostBytes >> 20} MiB in canonical form";
            if (_tree.Repeated.Count > 0) FindRepeatedKeys(CanonicalString.Decode(_tree.Text(name)));
        }

        return null;
    }

    /// <summary>Before the views sort what they do not keep the order of; the whole tool, with what no hash is taken over.</summary>
    private void Judge(int name)
    {
        if (ToolUsability.Of(_tree) is { } fault)
        {
            UnusableTools++;
            if (_unusable?.Count >= MostFindings) return;
            var path = VisibleText.Line(_tree.PointerTo(fault.Node) + (fault.Missing is null ? "" : $"/{fault.Missing}"), 120);
            AddUnusable(new UnusableTool(CanonicalString.Decode(_tree.Text(name)), path, fault.Rule, $"{path} {fault.Says}"));
        }
        else if (ToolUsability.TopLevelCombinator(_tree) is { } keyword && (_combinators?.Count ?? 0) < MostFindings)
        {
            (_combinators ??= []).Add((CanonicalString.Decode(_tree.Text(name)), keyword));
        }
    }

    private void AddUnusable(UnusableTool tool)
    {
        _unusable ??= [];
        if (_unusable.Count < MostFindings) _unusable.Add(tool);
    }

    private static PageOutcome Error(string message) => new(null, message);

    private static ReadOnlyMemory<byte> Raw(ReadOnlySpan<byte> page, in Utf8JsonReader reader) =>
        page[(int)reader.TokenStartIndex..(int)reader.BytesConsumed].ToArray();

    private void FindRepeatedKeys(string tool)
    {
        foreach (var member in _tree.Repeated)
        {
            if (_findings.Count == MostFindings || _searches++ >= MostSearches) return;
            if (_tree.PointerTo(member) is { } pointer)
                Find(tool, pointer, CanonicalString.Decode(_tree.Key(member)));
        }
    }

    private void Find(string? tool, string pointer, string key) => _findings.Add(new Finding(
        FindingLevel.Soft, "duplicate-key", tool, VisibleText.Line(pointer, 256),
        $"The key '{VisibleText.Line(key)}' stands more than once in one JSON object; the last one counts here, but clients differ."));

    private int Order(Tool left, Tool right)
    {
        var order = CanonicalString.Compare(_views.Slice(left.Name), _views.Slice(right.Name));
        return order != 0 ? order : _views.Slice(left.Views.Whole).SequenceCompareTo(_views.Slice(right.Views.Whole));
    }

    private void WriteServer(ServerDescription server, PooledBuffer output)
    {
        output.Add("{\"capabilities\":"u8);
        if (server.Capabilities.IsEmpty)
        {
            output.Add("{}"u8);
        }
        else if (_tree.Read(server.Capabilities.Span) is { } mistake)
        {
            output.Add("null"u8);
            _findings.Add(new Finding(FindingLevel.Soft, "unreadable-capabilities", null, "/capabilities",
                $"The server's capabilities cannot be read ({mistake}); the catalogue holds null for them."));
        }
        else
        {
            CanonicalJson.Write(_tree, JsonTree.Root, output);
        }

        output.Add(",\"instructions\":"u8);
        WriteStringOrNull(server.Instructions, output);
        output.Add(",\"name\":"u8);
        WriteStringOrNull(server.Name, output);
        output.Add((byte)'}');
    }

    private static void WriteStringOrNull(string? text, PooledBuffer output)
    {
        if (text is null) output.Add("null"u8);
        else CanonicalString.Write(text, output);
    }

    // Over the JSON array of the views that are not empty.
    private string HashOf(CatalogHash sha, Tool[] tools, Func<Tool, ByteRange> view)
    {
        sha.Append("["u8);
        var first = true;
        foreach (var tool in tools)
        {
            var range = view(tool);
            if (range.Length == 0) continue;
            if (!first) sha.Append(","u8);
            first = false;
            sha.Append(_views.Slice(range));
        }

        return HashOf(sha, "]"u8);
    }

    private static string HashOf(CatalogHash sha, ReadOnlySpan<byte> last)
    {
        sha.Append(last);
        Span<byte> hash = stackalloc byte[CatalogHash.Length];
        sha.Finish(hash);
        Span<byte> text = stackalloc byte[7 + 2 * CatalogHash.Length];
        "sha256:"u8.CopyTo(text);
        Convert.TryToHexStringLower(hash, text[7..], out _);
        return Encoding.ASCII.GetString(text);
    }

    private readonly record struct Tool(ByteRange Name, ToolViews Views);
}

/// <summary>What came of adding a page.</summary>
/// <param name="NextCursor">The cursor's raw JSON string, quotes included; null when this was the last page. An empty string is a valid cursor.</param>
/// <param name="Error">Why the page is not a tool list; null when it is one.</param>
public sealed record PageOutcome(ReadOnlyMemory<byte>? NextCursor, string? Error);
