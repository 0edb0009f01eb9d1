using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using McpProbe.Endpoints;

namespace McpProbe.Monitoring.Metrics;

/// <summary>
/// Which endpoints have series of their own, so that the number of series stays bounded however many are watched: those that ask
/// for them, then the others by id, up to a limit. What is measured of the rest counts for their group.
/// </summary>
/// <param name="limit">Endpoints with series of their own at most.</param>
public sealed class OwnSeries(int limit = OwnSeries.DefaultLimit)
{
    public const int DefaultLimit = 500;

    /// <summary>Endpoints of further groups count for <see cref="OtherGroups"/>.</summary>
    public const int MostGroups = 200;

    public const string Variable = "MCPPROBE_METRICS_ENDPOINTS";

    public const string OtherGroups = "(other)";

    /// <summary>A limit above this is refused: a scrape of so many would be of no use to anybody.</summary>
    public const int HighestLimit = 20_000;

    private volatile Choice? _choice;

    public int Limit => limit;

    /// <summary>Reads the setting; null, and why, where it makes no sense.</summary>
    public static OwnSeries? Parse(string? text, out string? mistake)
    {
        mistake = null;
        if (string.IsNullOrWhiteSpace(text))
            return new OwnSeries();
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= HighestLimit)
            return new OwnSeries(number);
        mistake = $"must be a whole number from 0 to {HighestLimit}: how many endpoints have metrics of their own";
        return null;
    }

    /// <summary>Chooses anew.</summary>
    /// <param name="endpoints">All that are watched.</param>
    /// <returns>Whether an endpoint that had series of its own has none any more, or is called otherwise.</returns>
    public bool Choose(IReadOnlyCollection<Endpoint> endpoints)
    {
        var before = _choice;
        var chosen = endpoints.Where(endpoint => endpoint.Metrics is not false)
            .OrderByDescending(endpoint => endpoint.Metrics is true).ThenBy(endpoint => endpoint.Id, StringComparer.Ordinal).Take(limit);
        var groups = endpoints.Select(endpoint => endpoint.Group).OfType<string>().GroupBy(group => group, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Take(MostGroups).Select(group => group.Key).ToFrozenSet(StringComparer.Ordinal);
        var now = new Choice(chosen.ToFrozenDictionary(endpoint => endpoint.Id, endpoint => GroupIn(groups, endpoint), StringComparer.Ordinal), groups);
        _choice = now;
        return before is not null
            && before.Endpoints.Any(was => !now.Endpoints.TryGetValue(was.Key, out var group) || group != was.Value);
    }

    /// <summary>Where nobody has chosen, those that ask for them.</summary>
    public bool Has(Endpoint endpoint) => _choice is { } choice ? choice.Endpoints.ContainsKey(endpoint.Id) : endpoint.Metrics is true;

    /// <summary>The value of the label <c>group</c>; empty for an endpoint that is in none.</summary>
    public string GroupOf(Endpoint endpoint) => _choice is { } choice ? GroupIn(choice.Groups, endpoint) : "";

    internal void Label(Endpoint endpoint, ref TagList tags)
    {
        if (Has(endpoint))
            tags.Add("endpoint", endpoint.Id);
        tags.Add("group", GroupOf(endpoint));
    }

    private static string GroupIn(FrozenSet<string> groups, Endpoint endpoint) =>
        endpoint.Group is not { } group ? "" : groups.Contains(group) ? group : OtherGroups;

    private sealed record Choice(FrozenDictionary<string, string> Endpoints, FrozenSet<string> Groups);
}
