using System.Globalization;
using System.Text.Json;

namespace McpProbe.Mutation;

/// <summary>What the worker is to do.</summary>
/// <param name="Folder">The test assemblies with the mutated engine.</param>
/// <param name="Classes">Parts of the full names of test classes; none for all.</param>
internal sealed record Work(string Folder, IReadOnlyList<string> Assemblies, IReadOnlyList<string> Classes, IReadOnlyList<int> Mutants);

/// <summary>
/// A process that tries mutants one after the other and says on its output what came of each. One that never ends takes the process
/// with it: <see cref="Parent"/> ends it and begins another one for the rest.
/// </summary>
internal static class Worker
{
    internal const string Sign = "##";

    internal static async Task<int> RunAsync(string file)
    {
        var work = JsonSerializer.Deserialize<Work>(await File.ReadAllTextAsync(file))!;
        TestRun.LoadFrom(work.Folder);
        await TryAsync(work);
        return 0;
    }

    // Apart, since it needs what is loaded from the folder.
    private static async Task TryAsync(Work work)
    {
        var tests = new TestRun();
        await tests.BeginAsync(
            work.Folder, work.Assemblies, name => work.Classes.Count == 0 || work.Classes.Any(part => name.Contains(part, StringComparison.Ordinal)));
        foreach (var mutant in work.Mutants)
        {
            if (!tests.IsReached(mutant))
            {
                Say("no-test", mutant, "");
                continue;
            }

            var failing = await tests.FailingAsync(mutant, time => Say("runs", mutant, time.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture)));
            Say(failing is null ? "survived" : "killed", mutant, failing ?? "");
        }
    }

    private static void Say(string what, int mutant, string more) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Sign} {what} {mutant} {more.ReplaceLineEndings(" ")}"));
}
