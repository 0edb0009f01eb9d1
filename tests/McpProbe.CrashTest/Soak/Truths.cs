using McpProbe.CrashTest.Truth;
using McpProbe.Monitoring;

namespace McpProbe.CrashTest.Soak;

/// <summary>Puts together what the endpoints saw and what a store has of them.</summary>
internal static class Truths
{
    private const int Page = 500;

    public static async Task<IReadOnlyList<WatchedTruth>> ReadAsync(
        IReadOnlyList<Endpoint> definitions, ScriptedEndpoints endpoints, IMonitorHistory history, CancellationToken cancellationToken)
    {
        var truths = new List<WatchedTruth>();
        foreach (var definition in definitions)
        {
            var (results, after) = (new List<Recorded>(), (ResultCursor?)null);
            while (true)
            {
                var page = await history.ReadResultsAsync(definition.Id, after, Page, cancellationToken);
                results.AddRange(page.Select(Recorded.Of));
                if (page.Count < Page)
                    break;
                after = new ResultCursor(page[^1].Slot, page[^1].Location);
            }
            var scripted = endpoints[definition.Id];
            truths.Add(new WatchedTruth(definition, scripted.Outages, scripted.Drifts, scripted.Attentions, results));
        }
        return truths;
    }
}
