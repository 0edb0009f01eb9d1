using System.Globalization;
using McpProbe.CrashTest.Truth;

namespace McpProbe.CrashTest.Soak;

/// <summary>What a process holds at a moment.</summary>
/// <param name="Life">The number of the process.</param>
/// <param name="Age">Since it was ready.</param>
internal sealed record Sample(int Life, TimeSpan Age, double Megabytes, int Handles, int Threads)
{
    /// <summary>From /proc; null when it is gone.</summary>
    public static Sample? Take(int processId, int life, TimeSpan age)
    {
        try
        {
            var status = File.ReadLines($"/proc/{processId}/status").Select(line => line.Split(':', 2)).ToDictionary(line => line[0], line => line[1].Trim());
            return new Sample(
                life, age, double.Parse(status["VmRSS"].Split(' ')[0], CultureInfo.InvariantCulture) / 1024,
                Directory.EnumerateFileSystemEntries($"/proc/{processId}/fd").Count(), int.Parse(status["Threads"], CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is IOException or KeyNotFoundException)
        {
            return null;
        }
    }
}

/// <summary>Nothing grows: the median of the last third is at most a quarter, and a little for what is small, above that of the first.</summary>
internal static class Flatness
{
    /// <summary>Until a process has seen all that it works with: every endpoint once, and what comes rarely.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromMinutes(2);

    public static void Check(Comparison comparison, string of, IReadOnlyList<Sample> samples)
    {
        var warm = samples.Where(sample => sample.Age >= WarmUp).ToList();
        if (warm.Count < 9)
        {
            comparison.Fail($"{of}: only {warm.Count} warm samples of its memory");
            return;
        }
        Check("MB of memory", sample => sample.Megabytes, 20);
        Check("open files and sockets", sample => sample.Handles, 30);
        Check("threads", sample => sample.Threads, 10);

        void Check(string what, Func<Sample, double> value, double slack)
        {
            var (first, last) = (Median(warm.Take(warm.Count / 3).Select(value)), Median(warm.TakeLast(warm.Count / 3).Select(value)));
            comparison.Count($"{of}, {what}: first third", (int)Math.Round(first));
            comparison.Count($"{of}, {what}: last third", (int)Math.Round(last));
            if (last > first * 1.25 + slack)
                comparison.Fail(string.Create(CultureInfo.InvariantCulture, $"{of}: {what} grew from {first:F0} to {last:F0}"));
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;
}
