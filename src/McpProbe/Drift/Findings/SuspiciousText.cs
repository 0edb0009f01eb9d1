using System.Buffers;
using System.Text.Json;
using McpProbe.Catalog;

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

    /// <summary>Of all texts of a catalogue.</summary>
    internal const int MostCatalogCharacters = 512 * 1024;

    /// <summary>The findings, hard ones first, at most 20 of each level. Depends on the bytes only.</summary>
    /// <param name="canonical"><see cref="ToolCatalog.Canonical"/>.</param>
    /// <exception cref="ArgumentException">It is not the canonical document of a catalogue.</exception>
    public static IReadOnlyList<Finding> FindIn(ReadOnlyMemory<byte> canonical)
    {
        using var tree = new JsonTree(int.MaxValue);
        if (tree.Read(canonical.Span) is { } mistake) throw new ArgumentException($"The catalogue is {mistake}.", nameof(canonical));
        var findings = new FindingList();
        new Walk(tree, findings).Run();
        return findings.Sorted();
    }

    /// <summary>Whether the sentences of a text give instructions, or it is a command: for what was encoded.</summary>
    private static bool IsHarmful(string text, CatalogNames names)
    {
        if (PhrasePatterns.ShellCommand().IsMatch(text)) return true;
        var reading = new char[text.Length];
        var findings = new FindingList();
        PhraseRules.Find(reading.AsSpan(0, ReadText.Write(text, reading)), names, new TextReport(findings));
        return findings.Sorted() is [{ Level: FindingLevel.Hard }, ..];
    }

    private sealed class Walk(JsonTree tree, FindingList findings)
    {
        private readonly CatalogNames _names = new(tree);
        private readonly TextReport _report = new(findings);
        private readonly List<int> _path = [];
        private int _read;

        public void Run()
        {
            _report.Path = Pointer;
            var server = tree.Member(JsonTree.Root, "\"server\""u8);
            var tools = tree.Member(JsonTree.Root, "\"tools\""u8);
            if (server == JsonTree.None || tools == JsonTree.None) throw new ArgumentException("The JSON is not a catalogue.", nameof(tree));
            Members(server);
            for (var tool = tree.FirstChild(tools); tool != JsonTree.None; tool = tree.Next(tool))
            {
                var name = tree.Member(tool, "\"name\""u8);
                _report.Tool = CanonicalString.Decode(tree.Text(name));
                Members(tool);
                ToolTraits.Find(tree, tool, _report.Tool, findings);
            }
        }

        private void Members(int node)
        {
            for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
            {
                _path.Add(child);
                if (tree.Key(child) is { Length: > 0 } key) Read(key, isName: true);
                if (tree.Kind(child) == JsonValueKind.String) Read(tree.Text(child), isName: _path.Count == 1 && tree.Key(child).SequenceEqual("\"name\""u8));
                else Members(child);
                _path.RemoveAt(_path.Count - 1);
            }
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

            var phrases = text[..Math.Min(text.Length, MostPhraseCharacters)];
            _read += phrases.Length;
            if (phrases.Length < text.Length || _read > MostCatalogCharacters) _report.Add(FindingRules.UnreadText, FindingLevel.Soft, ".");
            if (_read > MostCatalogCharacters) return;
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
                var key = tree.Key(node);
                pointer = JsonPointer.To(pointer, key.Length > 0 ? CanonicalString.Decode(key) : "-");
            }

            return pointer;
        }
    }
}
