using System.Buffers;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;

namespace McpProbe.Drift.Findings;

/// <summary>
/// Looks for text in a catalogue that works on the model rather than describing a tool: in every string of it, wherever it
/// stands (names and keys of schemas, defaults, enumerated values, examples), since a model reads all of them. Offline; the
/// phrases are English, the rest is not bound to a language. docs/findings.md lists the rules.
/// </summary>
public static class SuspiciousText
{
    /// <summary>Of one text; the rest of a longer one is not read for phrases, which is a finding.</summary>
    internal const int MostPhraseCharacters = 128 * 1024;

    /// <summary>Of all texts of a catalogue; of a larger one the texts that a model reads first.</summary>
    internal const int MostCatalogCharacters = 512 * 1024;

    /// <summary>The findings, hard ones first, at most 20 of each level. Depends on the bytes only.</summary>
    /// <param name="canonical"><see cref="ToolCatalog.Canonical"/>.</param>
    /// <exception cref="ArgumentException">It is not the canonical document of a catalogue.</exception>
    public static IReadOnlyList<Finding> FindIn(ReadOnlyMemory<byte> canonical)
    {
        // A tool at a time, as the catalogue was read: a tree of a whole large one takes many times its size.
        using var tree = new JsonTree();
        var findings = new FindingList();
        var walk = new Walk(tree, new CatalogNames(canonical), findings);
        try
        {
            // Each text is read in one of the turns. What fits in is read in its own order.
            foreach (var turn in (Turn[])(canonical.Length <= MostCatalogCharacters ? [Turn.All] : [Turn.Tools, Turn.Arguments, Turn.Rest]))
            {
                walk.Turn = turn;
                if (!ReadCatalog(canonical.Span, tree, walk)) throw NotACatalog(nameof(canonical), null);
            }

            findings.SetUnread(walk.Unread, walk.Characters);
            return findings.Sorted();
        }
        catch (JsonException mistake)
        {
            throw NotACatalog(nameof(canonical), mistake);
        }
    }

    /// <summary>The same of one tool, or of the server's words alone.</summary>
    internal static IReadOnlyList<Finding> FindIn(ReadOnlyMemory<byte> part, bool isTool, CatalogNames names)
    {
        using var tree = new JsonTree();
        if (tree.Read(part.Span) is not null || tree.Kind(JsonTree.Root) is not JsonValueKind.Object)
            throw NotACatalog(nameof(part), null);
        var findings = new FindingList();
        var walk = new Walk(tree, names, findings);
        if (isTool) walk.Tool();
        else walk.Server();
        findings.SetUnread(walk.Unread, walk.Characters);
        return findings.Sorted();
    }

    private static bool ReadCatalog(ReadOnlySpan<byte> canonical, JsonTree tree, Walk walk)
    {
        var reader = new Utf8JsonReader(canonical, JsonTree.ReaderOptions);
        var (hasServer, hasTools) = (false, false);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var (isServer, isTools) = (reader.ValueTextEquals("server"u8), reader.ValueTextEquals("tools"u8));
            reader.Read();
            if (isServer && tree.Read(ref reader) is null)
            {
                walk.Server();
                hasServer = true;
            }
            else if (isTools && reader.TokenType is JsonTokenType.StartArray)
                hasTools = ReadTools(ref reader, tree, walk);
            else
                reader.Skip();
        }

        return hasServer && hasTools;
    }

    private static bool ReadTools(ref Utf8JsonReader reader, JsonTree tree, Walk walk)
    {
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (tree.Read(ref reader) is not null || tree.Kind(JsonTree.Root) is not JsonValueKind.Object) return false;
            walk.Tool();
        }

        return true;
    }

    private static ArgumentException NotACatalog(string parameter, Exception? inner) => new("The JSON is not a catalogue.", parameter, inner);

    /// <summary>Whether the sentences of a text give instructions, or it is a command: for what was encoded.</summary>
    private static bool IsHarmful(string text, CatalogNames names)
    {
        if (PhrasePatterns.ShellCommand().IsMatch(text)) return true;
        var reading = new char[text.Length];
        var findings = new FindingList();
        PhraseRules.Find(reading.AsSpan(0, ReadText.Write(text, reading)), names, new TextReport(findings));
        return findings.Sorted() is [{ Level: FindingLevel.Hard }, ..];
    }

    /// <summary>Which texts are read: of a large catalogue, first what a model reads first.</summary>
    private enum Turn
    {
        All,

        /// <summary>The server's instructions; names, titles and descriptions of tools.</summary>
        Tools,

        /// <summary>Names and descriptions of arguments.</summary>
        Arguments,

        /// <summary>Titles in schemas, defaults, listed values, results and all else.</summary>
        Rest,
    }

    /// <summary>Looks through what the tree holds: the server's words, or a tool.</summary>
    private sealed class Walk
    {
        private readonly JsonTree _tree;
        private readonly CatalogNames _names;
        private readonly FindingList _findings;
        private readonly TextReport _report;
        private readonly List<int> _path = [];
        private int _read;

        public Turn Turn { get; set; }

        /// <summary>Of all texts so far.</summary>
        public long Characters { get; private set; }

        /// <summary>That were not read for phrases.</summary>
        public long Unread { get; private set; }

        public Walk(JsonTree tree, CatalogNames names, FindingList findings)
        {
            (_tree, _names, _findings) = (tree, names, findings);
            _report = new TextReport(findings) { Path = Pointer };
        }

        public void Server()
        {
            _report.Tool = null;
            Members(JsonTree.Root);
        }

        public void Tool()
        {
            _report.Tool = CanonicalString.Decode(_tree.Text(_tree.Member(JsonTree.Root, "\"name\""u8)));
            Members(JsonTree.Root);
            if (Turn is Turn.All or Turn.Tools) ToolTraits.Find(_tree, JsonTree.Root, _report.Tool, _findings);
        }

        private void Members(int node)
        {
            for (var child = _tree.FirstChild(node); child != JsonTree.None; child = _tree.Next(child))
            {
                _path.Add(child);
                if (_tree.Key(child) is { Length: > 0 } key && IsTurn(isKey: true)) Read(key, isName: true);
                if (_tree.Kind(child) == JsonValueKind.String)
                {
                    if (IsTurn(isKey: false)) Read(_tree.Text(child), isName: _path.Count == 1 && _tree.Key(child).SequenceEqual("\"name\""u8));
                }
                else Members(child);
                _path.RemoveAt(_path.Count - 1);
            }
        }

        private bool IsTurn(bool isKey)
        {
            if (Turn is Turn.All) return true;
            // A tool's own texts, and the server's; of its schemas those of the arguments.
            var its = _path.Count == 1 && !isKey ? Turn.Tools
                : _tree.Key(_path[0]).SequenceEqual("\"inputSchema\""u8) && (isKey || _tree.Key(_path[^1]).SequenceEqual("\"description\""u8)) ? Turn.Arguments
                : Turn.Rest;
            return its == Turn;
        }

        private void Read(ReadOnlySpan<byte> canonical, bool isName)
        {
            const int shortest = 5;
            if (canonical.Length < shortest && !canonical.ContainsAnyExceptInRange((byte)' ', (byte)'~')) return;
            var rented = ArrayPool<char>.Shared.Rent(2 * canonical.Length);
            try
            {
                var length = CanonicalString.Unescape(canonical[1..^1], rented);
                Read(rented.AsSpan(0, length), rented.AsSpan(length), isName);
            }
            finally
            {
                ArrayPool<char>.Shared.Return(rented);
            }
        }

        private void Read(ReadOnlySpan<char> text, Span<char> reading, bool isName)
        {
            HiddenCharacters.Find(text, _report);
            if (isName) NameText.Find(text, _report);
            else Padding.Find(text, _report);
            if (SecretPatterns.Contains(text)) _report.Add(FindingRules.EmbeddedSecret, FindingLevel.Soft, ".");

            var phrases = text[..Math.Min(text.Length, Math.Min(MostPhraseCharacters, MostCatalogCharacters - _read))];
            _read += phrases.Length;
            Characters += text.Length;
            Unread += text.Length - phrases.Length;
            if (phrases.IsEmpty) return;
            if (EncodedText.MayBeIn(phrases)) Decode(phrases.ToString());
            var length = isName ? NameText.Write(phrases, reading) : ReadText.Write(phrases, reading);
            PhraseRules.Find(reading[..length], _names, _report);
        }

        private void Decode(string text)
        {
            foreach (var decoded in EncodedText.In(text))
            {
                if (!IsHarmful(decoded, _names)) continue;
                _report.AddExcerpt(FindingRules.EncodedCommand, FindingLevel.Hard, decoded);
                return;
            }
        }

        private string Pointer()
        {
            var pointer = "";
            foreach (var node in _path)
            {
                var key = _tree.Key(node);
                pointer = JsonPointer.To(pointer, key.Length > 0 ? CanonicalString.Decode(key) : "-");
            }

            return pointer;
        }
    }
}
