using System.Buffers;
using System.Text.Json;
using McpProbe.Text;

namespace McpProbe.Catalog.Json;

/// <summary>
/// One JSON value, read from bytes into a pooled table of nodes whose texts are canonical (RFC 8785) and whose object members
/// are in canonical order, each name once (the last wins). It never loses data that a typed model or
/// <see cref="System.Text.Json.Nodes.JsonNode"/> would lose or refuse: duplicate keys, lone surrogates, numbers out of range.
/// </summary>
/// <remarks>Longer than other files: reading, sorting and walking all work on the one private table of nodes.</remarks>
internal sealed class JsonTree : IDisposable
{
    /// <summary>No node: the end of a list of children.</summary>
    public const int None = -1;

    /// <summary>Nesting that is read; also bounds every recursion over a tree.</summary>
    public const int MostDepth = 256;

    /// <summary>Values of one tree of foreign bytes. Real tools have tens; more than this is an attempt to exhaust memory.</summary>
    public const int MostNodes = 1 << 16;

    private const int MostPooled = 1 << 14;

    public static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MostDepth };

    private readonly PooledBuffer _text = new();
    private readonly List<int> _repeated = [];
    private readonly Comparison<int> _byKey;
    private readonly Comparison<int> _byText;
    private readonly int _mostNodes;
    private (string Text, byte[] Canonical)[] _hidden = [];
    private Node[] _nodes = [];
    private int _count;

    /// <param name="mostNodes">Reading more values than this is an error.</param>
    public JsonTree(int mostNodes = MostNodes)
    {
        _mostNodes = mostNodes;

        // Of two equal keys the later node comes last, and wins.
        _byKey = (a, b) => CanonicalString.Compare(Key(a), Key(b)) is var order and not 0 ? order : a.CompareTo(b);
        _byText = (a, b) => Text(a).SequenceCompareTo(Text(b));
    }

    /// <summary>The node that was read.</summary>
    public const int Root = 0;

    /// <summary>Members whose key stood more than once in its object.</summary>
    public IReadOnlyList<int> Repeated => _repeated;

    public JsonValueKind Kind(int node) => _nodes[node].Kind;

    /// <summary>The canonical text of a string (with its quotation marks), number or literal.</summary>
    public ReadOnlySpan<byte> Text(int node) => _text.Slice(_nodes[node].Text);

    /// <summary>The member's name as a canonical string with its quotation marks; empty for an array's element.</summary>
    public ReadOnlySpan<byte> Key(int node) => _text.Slice(_nodes[node].Key);

    public int FirstChild(int node) => _nodes[node].FirstChild;

    public int Next(int node) => _nodes[node].Next;

    /// <summary>The member of an object; <see cref="None"/> when there is none, or when it is no object.</summary>
    /// <param name="quotedKey">Such as <c>"\"name\""u8</c>.</param>
    public int Member(int node, ReadOnlySpan<byte> quotedKey)
    {
        if (Kind(node) != JsonValueKind.Object) return None;
        var child = FirstChild(node);
        while (child != None && !Key(child).SequenceEqual(quotedKey)) child = Next(child);
        return child;
    }

    /// <summary>Strings and names that are read from now on do not show these texts.</summary>
    public void Hide(IReadOnlyList<string> secrets) => _hidden = [.. secrets.Select(secret =>
    {
        using var canonical = new PooledBuffer();
        CanonicalString.Write(secret, canonical);
        return (secret, canonical.Span[1..^1].ToArray());
    })];

    /// <summary>Reads a whole document; null, or what is wrong with it.</summary>
    public string? Read(ReadOnlySpan<byte> json)
    {
        if (!System.Text.Unicode.Utf8.IsValid(json)) return JsonMistake.NotUtf8;
        var reader = new Utf8JsonReader(json, ReaderOptions);
        try
        {
            reader.Read();
            return Read(ref reader) ?? (reader.Read() ? "text after the end of the JSON" : null);
        }
        catch (JsonException mistake)
        {
            return JsonMistake.Describe(mistake, reader);
        }
    }

    /// <summary>Reads the value that the reader stands on, to its end; null, or what is wrong with it.</summary>
    /// <exception cref="JsonException">It is not valid JSON, or nested too deeply.</exception>
    public string? Read(ref Utf8JsonReader reader)
    {
        _count = 0;
        _repeated.Clear();
        _text.CutTo(0);
        return ReadValue(ref reader) == None ? $"more than {_mostNodes} JSON values" : null;
    }

    /// <summary>The JSON pointer (RFC 6901) of a node; null for one that is no longer in the tree. Searches: for rare use.</summary>
    public string? PointerTo(int node)
    {
        var pointer = new System.Text.StringBuilder();
        return FindBelow(Root, node, pointer) ? pointer.ToString() : null;
    }

    /// <summary>Sorts an array's elements by their canonical text, each once: for arrays that stand for sets.</summary>
    public void SortAsSet(int array)
    {
        var ids = Children(array, out var rented);
        ids.Sort(_byText);
        var kept = 0;
        for (var i = 0; i < ids.Length; i++)
        {
            if (i == 0 || !Text(ids[i]).SequenceEqual(Text(ids[i - 1]))) ids[kept++] = ids[i];
        }

        Link(array, ids[..kept]);
        ArrayPool<int>.Shared.Return(rented);
    }

    public void Dispose()
    {
        _text.Dispose();
        Return(_nodes);
        _nodes = [];
        _count = 0;
    }

    // Recursion is bounded by the reader's MaxDepth.
    private int ReadValue(ref Utf8JsonReader reader)
    {
        var node = Add();
        if (node == None) return None;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadMembers(ref reader, node) ? node : None;
            case JsonTokenType.StartArray:
                return ReadElements(ref reader, node) ? node : None;
            case JsonTokenType.String:
                _nodes[node].Kind = JsonValueKind.String;
                _nodes[node].Text = AddString(ref reader);
                return node;
            case JsonTokenType.Number:
                var start = _text.Length;
                CanonicalNumber.Write(reader.ValueSpan, _text);
                _nodes[node].Kind = JsonValueKind.Number;
                _nodes[node].Text = _text.Since(start);
                return node;
            default:
                start = _text.Length;
                _text.Add(reader.ValueSpan);
                _nodes[node].Kind = reader.TokenType switch
                {
                    JsonTokenType.True => JsonValueKind.True,
                    JsonTokenType.False => JsonValueKind.False,
                    _ => JsonValueKind.Null,
                };
                _nodes[node].Text = _text.Since(start);
                return node;
        }
    }

    private bool ReadMembers(ref Utf8JsonReader reader, int node)
    {
        _nodes[node].Kind = JsonValueKind.Object;
        var last = None;
        var sorted = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = AddString(ref reader);
            reader.Read();
            var child = ReadValue(ref reader);
            if (child == None) return false;
            _nodes[child].Key = key;
            sorted &= last == None || CanonicalString.Compare(Key(last), Key(child)) < 0;
            Append(node, ref last, child);
        }

        if (!sorted) SortMembers(node);
        return true;
    }

    private bool ReadElements(ref Utf8JsonReader reader, int node)
    {
        _nodes[node].Kind = JsonValueKind.Array;
        var last = None;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var child = ReadValue(ref reader);
            if (child == None) return false;
            Append(node, ref last, child);
        }

        return true;
    }

    private bool FindBelow(int parent, int node, System.Text.StringBuilder pointer)
    {
        var index = 0;
        for (var child = FirstChild(parent); child != None; child = Next(child), index++)
        {
            var length = pointer.Length;
            pointer.Append('/');
            if (Kind(parent) == JsonValueKind.Object) pointer.Append(JsonPointer.Escape(CanonicalString.Decode(Key(child))));
            else pointer.Append(index);
            if (child == node || FindBelow(child, node, pointer)) return true;
            pointer.Length = length;
        }

        return false;
    }

    private void SortMembers(int node)
    {
        var ids = Children(node, out var rented);
        ids.Sort(_byKey);
        var kept = 0;
        for (var i = 0; i < ids.Length; i++)
        {
            if (i + 1 < ids.Length && Key(ids[i]).SequenceEqual(Key(ids[i + 1]))) continue;
            if (i > 0 && Key(ids[i]).SequenceEqual(Key(ids[i - 1]))) _repeated.Add(ids[i]);
            ids[kept++] = ids[i];
        }

        Link(node, ids[..kept]);
        ArrayPool<int>.Shared.Return(rented);
    }

    private Span<int> Children(int node, out int[] rented)
    {
        var count = 0;
        for (var child = FirstChild(node); child != None; child = Next(child)) count++;
        rented = ArrayPool<int>.Shared.Rent(count);
        count = 0;
        for (var child = FirstChild(node); child != None; child = Next(child)) rented[count++] = child;
        return rented.AsSpan(0, count);
    }

    private void Link(int node, ReadOnlySpan<int> ids)
    {
        _nodes[node].FirstChild = ids.Length == 0 ? None : ids[0];
        for (var i = 0; i < ids.Length; i++) _nodes[ids[i]].Next = i + 1 < ids.Length ? ids[i + 1] : None;
    }

    private void Append(int parent, ref int last, int child)
    {
        if (last == None) _nodes[parent].FirstChild = child;
        else _nodes[last].Next = child;
        last = child;
    }

    private ByteRange AddString(ref Utf8JsonReader reader)
    {
        var start = _text.Length;
        CanonicalString.Write(reader.ValueSpan, reader.ValueIsEscaped, _text);
        foreach (var (secret, canonical) in _hidden)
        {
            if (_text.Span[start..].IndexOf(canonical) < 0)
                continue;

            var text = CanonicalString.Decode(_text.Span[start..]).Replace(secret, SecretReference.Redacted, StringComparison.Ordinal);
            _text.CutTo(start);
            CanonicalString.Write(text, _text);
        }

        return _text.Since(start);
    }

    private int Add()
    {
        if (_count == _mostNodes) return None;
        if (_count == _nodes.Length)
        {
            var larger = ArrayPool<Node>.Shared.Rent(Math.Max(128, 2 * _count));
            _nodes.AsSpan(0, _count).CopyTo(larger);
            Return(_nodes);
            _nodes = larger;
        }

        _nodes[_count] = new Node { FirstChild = None, Next = None };
        return _count++;
    }

    // The pool keeps what it is given, a thread at a time; what only whole large catalogues need is left to the collector.
    private static void Return(Node[] nodes)
    {
        if (nodes.Length is > 0 and <= MostPooled) ArrayPool<Node>.Shared.Return(nodes);
    }

    private struct Node
    {
        public JsonValueKind Kind;
        public ByteRange Text;
        public ByteRange Key;
        public int FirstChild;
        public int Next;
    }
}
