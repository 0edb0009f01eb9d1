using System.Globalization;

namespace McpProbe.Monitoring;

/// <summary>How long history is kept, in days; the same on both heads (docs/operations.md, Retention).</summary>
/// <param name="Results">Single results.</param>
/// <param name="Hourly">Rollups by the hour.</param>
/// <param name="Daily">Rollups by the day.</param>
/// <param name="Incidents">Resolved incidents with their alerts, and drift.</param>
public sealed record Retention(int Results, int Hourly, int Daily, int Incidents)
{
    /// <value>
    /// A month and a few days to look back; a year and a month to report on it; five years, which have a leap day.
    /// </value>
    public static readonly Retention Default = new(35, 400, 1826, 400);

    /// <summary>The names of the settings, in lower case, as <see cref="Read"/> asks for them.</summary>
    public static readonly IReadOnlyList<string> Keys = ["results", "hourly", "daily", "incidents"];

    private const int Most = 36_500;

    /// <summary>The watch over latency compares an hour with the week before it, and goes on comparing for a week.</summary>
    private const int LeastOfRollups = 16;

    public DateTimeOffset ResultsFrom(DateTimeOffset now) => now.AddDays(-Results);

    public DateTimeOffset HourlyFrom(DateTimeOffset now) => now.AddDays(-Hourly);

    public DateTimeOffset DailyFrom(DateTimeOffset now) => now.AddDays(-Daily);

    public DateTimeOffset IncidentsFrom(DateTimeOffset now) => now.AddDays(-Incidents);

    /// <summary>Reads the settings, each a number of days, and finds every mistake in them.</summary>
    /// <param name="textOf">The value of each of <see cref="Keys"/>; null or blank takes the default.</param>
    /// <param name="nameOf">How the head's users spell it.</param>
    /// <returns>The default where there are mistakes.</returns>
    public static (Retention Value, IReadOnlyList<(string Key, string Mistake)> Mistakes) Read(
        Func<string, string?> textOf, Func<string, string> nameOf)
    {
        var mistakes = new List<(string Key, string Mistake)>();
        var (results, hourly, daily, incidents) = (
            Number("results", Default.Results, 1), Number("hourly", Default.Hourly, LeastOfRollups),
            Number("daily", Default.Daily, LeastOfRollups), Number("incidents", Default.Incidents, 1));
        NotLonger("results", results, "hourly", hourly, "rollups are made of results, so they cannot go first");
        NotLonger("results", results, "incidents", incidents, "results would tell of a failure whose incident is gone");
        NotLonger("hourly", hourly, "daily", daily, "the rollups of days are made of those of hours, so they cannot go first");
        return mistakes.Count > 0 ? (Default, mistakes) : (new(results!.Value, hourly!.Value, daily!.Value, incidents!.Value), mistakes);

        int? Number(string key, int otherwise, int least)
        {
            var text = textOf(key);
            if (string.IsNullOrWhiteSpace(text))
                return otherwise;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days >= least && days <= Most)
                return days;
            mistakes.Add((key, $"it is a whole number of days from {least} to {Most}, such as {otherwise}, not '{text}'"));
            return null;
        }

        void NotLonger(string key, int? days, string otherKey, int? other, string why)
        {
            if (days > other)
                mistakes.Add((key, $"{days} days are longer than the {other} of {nameOf(otherKey)}: {why}. Raise {nameOf(otherKey)} to {days} or more, or lower this to {other} or less"));
        }
    }
}
