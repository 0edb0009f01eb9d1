using System.Globalization;

namespace McpProbe.Mutation;

/// <summary>The score of each folder, and what no test noticed.</summary>
internal static class Report
{
    /// <param name="equivalent">Lines <c>file: mutant</c> of those that change nothing that can be seen (equivalent.txt has the reasons).</param>
    /// <returns>Whether each folder has its 90 %, or only survivors with a reason.</returns>
    internal static bool Write(
        TextWriter to, IEnumerable<string> folders, IReadOnlyList<Tried> tried, IReadOnlySet<string> equivalent)
    {
        var isGood = true;
        foreach (var folder in folders)
        {
            var own = tried.Where(each => each.Mutant.File == folder || each.Mutant.File.StartsWith(folder + "/", StringComparison.Ordinal)).ToList();
            var survivors = own.Where(each => each.Outcome is Outcome.Survived or Outcome.NoTest).ToList();
            var unexplained = survivors.Where(each => !equivalent.Contains(KeyOf(each.Mutant))).ToList();
            foreach (var (mutant, outcome) in unexplained)
                to.WriteLine($"{(outcome is Outcome.NoTest ? "no test " : "survived")}  {mutant.File}({mutant.Line}): {mutant.Name}");
            var timedOut = own.Count(each => each.Outcome is Outcome.TimedOut);
            to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{folder}: {100.0 * (own.Count - survivors.Count) / Math.Max(1, own.Count):F1} % of {own.Count} mutants noticed ({timedOut} by time), {survivors.Count - unexplained.Count} survivors explained, {unexplained.Count} not"));
            isGood &= unexplained.Count == 0 || 10 * (own.Count - survivors.Count) >= 9 * own.Count;
        }

        return isGood;
    }

    internal static string KeyOf(Mutant mutant) => $"{mutant.File}: {mutant.Name}";
}
