using System.Globalization;
using McpProbe.CrashTest.Truth;
using McpProbe.Model;

namespace McpProbe.CrashTest.Soak;

/// <summary>What is known of an endpoint around a time: for whoever looks for the cause of a failure.</summary>
internal static class Story
{
    private static readonly TimeSpan Around = TimeSpan.FromMinutes(3);

    public static string Of(WatchedTruth watched, Outage window, IReadOnlyList<Incident> incidents, IReadOnlyList<Stretch> stretches)
    {
        var (from, until) = (window.Start - Around, (window.End ?? DateTimeOffset.MaxValue - Around) + Around);
        var definition = watched.Definition;
        var lines = new List<string> { $"opens after {definition.FailureThreshold}, resolves after {definition.SuccessThreshold}" };
        foreach (var stretch in stretches.Where(each => each.Until > from && each.From < until))
        {
            lines.Add($"{Real(stretch.From)} to {Real(stretch.Until)} its clock was {stretch.Ahead.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s ahead, {(stretch.Fresh ? "after a start" : "after it was set")}, until {stretch.End}");
            foreach (var result in watched.Results.Where(result => result.StartedAt >= stretch.From + stretch.Ahead && result.StartedAt <= stretch.Until + stretch.Ahead).OrderBy(result => result.StartedAt))
                lines.Add($"  {Real(stretch.Real(result.StartedAt))} {result.Verdict} of {Clock(result.Slot)}");
            foreach (var asked in watched.Attentions.Where(seen => seen.From >= stretch.From && seen.From <= stretch.Until).GroupBy(seen => seen.From.ToUnixTimeSeconds()).OrderBy(second => second.Key))
                lines.Add($"  {Real(asked.Min(seen => seen.From))} asked {asked.Count()} times, until {Real(asked.Max(seen => seen.Until))}");
        }
        foreach (var incident in incidents.Where(incident => stretches.Any(each => each.Until > from && each.From < until
            && incident.OpenedAt <= each.Until + each.Ahead && !(incident.ResolvedAt < each.From + each.Ahead))))
        {
            lines.Add($"{incident.Id} {incident.Rule}, opened {Clock(incident.OpenedAt)}, resolved {(incident.ResolvedAt is { } resolved ? Clock(resolved) : "not")}");
        }
        foreach (var (what, windows) in new[] { ("down", watched.Outages), ("drifted", watched.Drifts) })
        {
            foreach (var each in windows.Where(each => !(each.End < from) && each.Start < until))
                lines.Add($"{what} {Real(each.Start)} to {(each.End is { } end ? Real(end) : "the end")}");
        }
        return string.Concat(lines.Select(line => $"\n      {line}"));
    }

    private static string Real(DateTimeOffset time) => time.ToString("HH:mm:ss.f", CultureInfo.InvariantCulture);

    private static string Clock(DateTimeOffset time) => $"{Real(time)} by its clock";
}
