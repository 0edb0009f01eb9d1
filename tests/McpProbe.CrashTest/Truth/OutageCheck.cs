using System.Text.Json;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.CrashTest.Truth;

/// <summary>Holds the incidents against the script: what was down for long enough while the monitor lived has its incident, and nothing else has.</summary>
internal static class OutageCheck
{
    /// <summary>A slot counts as probed only if the monitor was ready this long before it, and lived a whole interval after it.</summary>
    private static readonly TimeSpan Before = TimeSpan.FromMilliseconds(200);

    /// <param name="lives">From when it was ready to when it was killed.</param>
    public static void Check(
        Comparison comparison, IReadOnlyList<Endpoint> definitions, ScriptedEndpoints endpoints, StoreView store, IReadOnlyList<Arrival> arrivals,
        IReadOnlyList<(DateTimeOffset Ready, DateTimeOffset Killed)> lives)
    {
        var (scripted, certain) = (0, 0);
        foreach (var definition in definitions)
        {
            var outages = endpoints[definition.Id].Outages;
            var incidents = store.Incidents
                .Where(incident => incident.EndpointId == definition.Id && incident.Kind is IncidentKind.Outage).ToList();
            scripted += outages.Count;
            foreach (var (start, ended) in outages)
            {
                var end = ended ?? DateTimeOffset.MaxValue;
                // One slot more than the threshold: the last one's probe may have been killed before its commit.
                if (Slots(definition, start, end).Count(slot => lives.Any(life =>
                    life.Ready <= slot - Before && life.Killed >= slot + definition.Interval)) <= definition.FailureThreshold)
                {
                    continue;
                }
                certain++;
                if (!incidents.Any(incident => incident.OpenedAt < end && !(incident.ResolvedAt < start)))
                    comparison.Fail($"{definition.Id} was down from {start:O} to {end:O}, was probed long enough, and no incident opened");
            }

            // A machine that is too slow for its probes' time-out sees outages that nobody scripted.
            foreach (var incident in incidents.Where(incident =>
                !outages.Any(outage => incident.OpenedAt >= outage.Start - definition.Interval && !(incident.OpenedAt > outage.End))
                && !IsTimeout(arrivals.FirstOrDefault(arrival => arrival.Id == IncidentIds.OfTransition(incident.Id, 1) && arrival.Body is not null))))
            {
                comparison.Fail($"{incident.Id} ({incident.Summary}) opened, and nothing was down");
            }
        }

        comparison.Count("outages of the script", scripted);
        comparison.Count("  of them long enough while the monitor lived", certain);
    }

    internal static bool IsTimeout(Arrival? opened)
    {
        if (opened is null)
            return false;
        using var body = JsonDocument.Parse(opened.Body!);
        return body.RootElement.GetProperty("data").GetProperty("failure") is { ValueKind: JsonValueKind.Object } failure
            && failure.GetProperty("kind").GetString() is "timeout" or "connect-timeout";
    }

    private static IEnumerable<DateTimeOffset> Slots(Endpoint endpoint, DateTimeOffset from, DateTimeOffset until)
    {
        for (var slot = Schedule.NextSlot(endpoint, from); slot + endpoint.Interval <= until; slot += endpoint.Interval)
            yield return slot;
    }
}
