using System.Globalization;
using System.Text;

namespace McpProbe.Drift.Schemas;

/// <summary>
/// Whether two texts read the same and are only written differently: with other line ends (CR LF, CR, LF), or in another canonical
/// form of Unicode (UAX #15, NFC against NFD), as an editor, a checkout or another operating system writes them.
/// </summary>
/// <remarks>
/// <see cref="string.Normalize()"/> does nothing in the invariant mode that McpProbe is built with, so the table is its own.
/// </remarks>
internal static class TextNotation
{
    private const char FirstSyllable = '\uAC00';
    private const char LastSyllable = '\uD7A3';
    private const int Vowels = 21;
    private const int Trails = 28;

    private static readonly Lazy<Table> Unicode = new(Read);

    public static bool IsSame(string before, string after)
    {
        var (old, now) = (Lines(before), Lines(after));
        return old == now || (!(Ascii.IsValid(old) && Ascii.IsValid(now)) && Decompose(old) == Decompose(now));
    }

    /// <summary>The one form of all texts that read the same.</summary>
    public static string Of(string text) => Lines(text) is var lines && Ascii.IsValid(lines) ? lines : Decompose(lines);

    /// <summary>The canonical decomposition (NFD).</summary>
    internal static string Decompose(string text)
    {
        var table = Unicode.Value;
        var decomposed = new StringBuilder(text.Length);
        // Marks between two base characters, which stand in the order of their classes.
        var marks = new List<(int Class, int Rune)>();
        for (var at = 0; at < text.Length; at++)
        {
            var unit = text[at];
            if (unit is >= FirstSyllable and <= LastSyllable)
            {
                Flush();
                var index = unit - FirstSyllable;
                decomposed.Append((char)(0x1100 + (index / (Vowels * Trails)))).Append((char)(0x1161 + (index / Trails % Vowels)));
                if (index % Trails > 0) decomposed.Append((char)(0x11A7 + (index % Trails)));
                continue;
            }

            var rune = (int)unit;
            if (char.IsHighSurrogate(unit) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1])) rune = char.ConvertToUtf32(unit, text[++at]);
            if (table.Decompositions.TryGetValue(rune, out var parts)) Array.ForEach(parts, Add);
            else Add(rune);
        }

        Flush();
        return decomposed.ToString();

        void Add(int rune)
        {
            var order = table.Classes.GetValueOrDefault(rune);
            if (order > 0)
            {
                marks.Add((order, rune));
                return;
            }

            Flush();
            Append(rune);
        }

        void Flush()
        {
            foreach (var (_, rune) in marks.OrderBy(mark => mark.Class)) Append(rune);
            marks.Clear();
        }

        // Half of a pair stays what it is.
        void Append(int rune)
        {
            if (rune <= char.MaxValue) decomposed.Append((char)rune);
            else decomposed.Append(char.ConvertFromUtf32(rune));
        }
    }

    private static string Lines(string text) => text.Contains('\r', StringComparison.Ordinal)
        ? text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n')
        : text;

    private static Table Read()
    {
        var table = new Table([], []);
        using var stream = typeof(TextNotation).Assembly.GetManifestResourceStream("CanonicalDecompositions.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var words = line.Split(' ');
            if (words is ["class", var first, var last, var order])
            {
                for (var rune = Hex(first); rune <= Hex(last); rune++) table.Classes[rune] = int.Parse(order, CultureInfo.InvariantCulture);
            }
            else
            {
                table.Decompositions[Hex(words[0])] = [.. words[1..].Select(Hex)];
            }
        }

        return table;
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private sealed record Table(Dictionary<int, int[]> Decompositions, Dictionary<int, int> Classes);
}
