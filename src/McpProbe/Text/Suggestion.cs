namespace McpProbe.Text;

/// <summary>Finds the word that somebody meant.</summary>
public static class Suggestion
{
    /// <summary><c>; did you mean 'x'?</c>, or the words there are when none is near.</summary>
    public static string For(string word, IEnumerable<string> words)
    {
        var known = words.ToArray();
        if (Near(word, known) is { } near) return $"; did you mean '{near}'?";
        return known.Length == 0 ? "" : $"; known are {string.Join(", ", known)}";
    }

    /// <summary>The word that differs least; null when none is near.</summary>
    public static string? Near(string word, IReadOnlyCollection<string> words)
    {
        if (words.Count == 0 || word.Length > 64) return null;
        var (near, distance) = words.Select(candidate => (candidate, Distance(Plain(word), Plain(candidate)))).MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, word.Length / 3) ? near : null;
    }

    private static string Plain(string word) => word.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    // Levenshtein's.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
