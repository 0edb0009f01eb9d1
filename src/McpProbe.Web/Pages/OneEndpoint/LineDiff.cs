namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>Two texts side by side, line by line: what both have stands beside itself.</summary>
internal static class LineDiff
{
    /// <summary>Lines of a text that are compared; the work grows with their square.</summary>
    internal const int MostLines = 600;

    private const int Around = 3;

    /// <returns>The rows; null for texts of more lines than are compared.</returns>
    internal static IReadOnlyList<LineRow>? Of(string before, string after)
    {
        var (left, right) = (Lines(before), Lines(after));
        if (left.Length > MostLines || right.Length > MostLines)
            return null;

        // The longest common subsequence of what follows each pair of lines.
        var common = new int[left.Length + 1, right.Length + 1];
        for (var i = left.Length - 1; i >= 0; i--)
        {
            for (var j = right.Length - 1; j >= 0; j--)
                common[i, j] = left[i] == right[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }

        var rows = new List<LineRow>();
        var (at, to) = (0, 0);
        while (at < left.Length || to < right.Length)
        {
            if (at < left.Length && to < right.Length && left[at] == right[to])
            {
                rows.Add(new LineRow(left[at++], right[to++], IsSame: true));
                continue;
            }

            // What was taken away stands beside what came in its place.
            var (gone, come) = (new Queue<string>(), new Queue<string>());
            while (at < left.Length && (to >= right.Length || left[at] != right[to]) && (to >= right.Length || common[at + 1, to] >= common[at, to + 1]))
                gone.Enqueue(left[at++]);
            while (to < right.Length && (at >= left.Length || left[at] != right[to]) && (at >= left.Length || common[at, to + 1] >= common[at + 1, to]))
                come.Enqueue(right[to++]);
            while (gone.Count > 0 || come.Count > 0)
                rows.Add(new LineRow(gone.TryDequeue(out var old) ? old : null, come.TryDequeue(out var now) ? now : null, IsSame: false));
        }

        return rows;
    }

    /// <summary>The rows that differ with a few around them; null stands for those between that are left out.</summary>
    internal static IEnumerable<LineRow?> WithoutTheRest(IReadOnlyList<LineRow> rows)
    {
        var skipped = false;
        for (var i = 0; i < rows.Count; i++)
        {
            var near = false;
            for (var j = Math.Max(0, i - Around); j <= Math.Min(rows.Count - 1, i + Around); j++)
                near |= !rows[j].IsSame;
            if (near)
                yield return rows[i];
            else if (!skipped)
                yield return null;
            skipped = !near;
        }
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.Split('\n');
}

/// <summary>One row of two texts; null where a side has no line.</summary>
internal sealed record LineRow(string? Before, string? After, bool IsSame);
