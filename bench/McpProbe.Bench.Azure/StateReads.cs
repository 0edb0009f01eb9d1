using McpProbe.Functions.Storage;

namespace McpProbe.Bench.Azure;

/// <summary>
/// What reading the states of a message asks of each shard: the range from its first endpoint to its last, in pages of a thousand
/// rows. Who is due together lies scattered among all, so most of a range is the rows of others.
/// </summary>
internal sealed class StateReads
{
    private const int PageSize = 1000;

    private readonly int[] _shards;
    private readonly int[] _places;
    private readonly int _rowsAnEndpoint;

    /// <param name="locations">Each has two rows of its own, its state and its newest result, beside the one that they share.</param>
    public StateReads(Fleet fleet, int shards, int locations = 1)
    {
        _rowsAnEndpoint = 1 + 2 * locations;
        _shards = [.. Enumerable.Range(0, fleet.Endpoints).Select(number => Keys.ShardOf(Fleet.IdOf(number), shards))];
        _places = new int[fleet.Endpoints];
        foreach (var shard in Enumerable.Range(0, fleet.Endpoints).GroupBy(number => _shards[number]))
        {
            var place = 0;
            foreach (var number in shard.OrderBy(number => Keys.SharedState(Fleet.IdOf(number)), StringComparer.Ordinal))
                _places[number] = place++;
        }
    }

    /// <summary>What the overview shows of the results is written in transactions of fifty, a shard each.</summary>
    public IEnumerable<(int Shard, int Requests, int Rows)> WritesOf(SentMessage message) => message.Probes
        .GroupBy(probe => _shards[probe.Endpoint])
        .Select(shard => (shard.Key, (shard.Count() + 49) / 50, shard.Count()));

    public IEnumerable<(int Shard, int Requests, int Rows)> Of(SentMessage message) => message.Probes
        .GroupBy(probe => _shards[probe.Endpoint], probe => _places[probe.Endpoint])
        .Select(places =>
        {
            var rows = (places.Max() - places.Min() + 1) * _rowsAnEndpoint;
            // A page begins at the next endpoint that is wanted, so there are no more pages than those.
            var pages = Math.Min(places.Count(), (rows + PageSize - 1) / PageSize);
            return (places.Key, pages, Math.Min(rows, pages * PageSize));
        });
}
