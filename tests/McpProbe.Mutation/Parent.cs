using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace McpProbe.Mutation;

internal enum Outcome
{
    Killed,

    /// <summary>With it a test does not end: noticed too.</summary>
    TimedOut,
    Survived,

    /// <summary>No test reaches it.</summary>
    NoTest,
}

/// <summary>Has a <see cref="Worker"/> try the mutants, and another one when that hangs or dies.</summary>
internal static class Parent
{
    // Of the worker's processor time.
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Where nothing is heard and no processor time is used either: it waits for what does not come.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <param name="save">Keeps what is known so far: now and then, and whenever a worker has ended.</param>
    internal static async Task<Dictionary<int, Outcome>> RunAsync(Work work, Action<IReadOnlyDictionary<int, Outcome>> save)
    {
        var (outcomes, rest) = (new Dictionary<int, Outcome>(), work.Mutants.ToList());
        var file = Path.Combine(work.Folder, "work.json");
        while (rest.Count > 0)
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(work with { Mutants = rest }));
            using var worker = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["exec", typeof(Parent).Assembly.Location, "worker", file])
            {
                RedirectStandardOutput = true,
            })!;
            if (await ListenAsync(worker, outcomes, save) is { } hanging)
                outcomes[hanging] = Outcome.TimedOut;
            save(outcomes);
            var left = rest.RemoveAll(outcomes.ContainsKey);
            if (left == 0)
                throw new InvalidOperationException("The worker ended before its first mutant; what it said is above.");
        }

        return outcomes;
    }

    /// <returns>The mutant that it hung in, or died of.</returns>
    private static async Task<int?> ListenAsync(Process worker, Dictionary<int, Outcome> outcomes, Action<IReadOnlyDictionary<int, Outcome>> save)
    {
        var (limit, at, began) = (Start, (int?)null, ProcessorTime(worker));
        while (true)
        {
            var reading = worker.StandardOutput.ReadLineAsync();
            for (var waited = TimeSpan.Zero; !reading.IsCompleted && await Task.WhenAny(reading, Task.Delay(Look, TimeProvider.System)) != reading;)
            {
                waited += Look;
                // On a busy machine a test takes long and hangs not: it has not had its share of the processor.
                if (ProcessorTime(worker) - began < limit && waited < Longest)
                    continue;
                worker.Kill(entireProcessTree: true);
                return at;
            }

            if (await reading is not { } line)
                return at;
            if (line.Split(' ', 4) is not [Worker.Sign, var what, var number, var more])
                continue;
            var mutant = int.Parse(number, CultureInfo.InvariantCulture);
            began = ProcessorTime(worker);
            if (what == "runs")
            {
                (at, limit) = (mutant, Patience + 10 * TimeSpan.FromSeconds(int.Parse(more, CultureInfo.InvariantCulture)));
                continue;
            }

            outcomes[mutant] = what switch { "killed" => Outcome.Killed, "survived" => Outcome.Survived, _ => Outcome.NoTest };
            (at, limit) = (null, Start);
            if (outcomes.Count % 100 == 0)
            {
                save(outcomes);
                Console.WriteLine($"{outcomes.Count} tried, {outcomes.Values.Count(each => each is Outcome.Survived or Outcome.NoTest)} survived");
            }
        }
    }

    /// <summary>Zero when it has ended.</summary>
    private static TimeSpan ProcessorTime(Process worker)
    {
        try
        {
            worker.Refresh();
            return worker.TotalProcessorTime;
        }
        catch (InvalidOperationException)
        {
            return TimeSpan.Zero;
        }
    }
}
