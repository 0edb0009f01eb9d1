using System.Globalization;
using McpProbe.Configuration.Reading;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Api;

/// <summary>Which incidents somebody looks for: the same parameters for <c>GET /api/incidents</c> and for the page.</summary>
/// <param name="Open">Null for open and resolved ones.</param>
/// <param name="From">Opened then or later.</param>
/// <param name="Before">Opened before then: where the next page begins, or the end of the period.</param>
internal sealed record IncidentSearch(
    bool? Open, IncidentKind? Kind, string? Endpoint, string? Group, DateTimeOffset? From, DateTimeOffset? Before)
{
    /// <summary>Rows looked at for one page: a filter that few fit must not read the whole history at once.</summary>
    private const int MostLookedAt = 5000;

    private const int LongestGroup = 200;

    /// <summary>Every mistake, as a parameter's name and a sentence that follows it.</summary>
    internal static (IncidentSearch Search, IReadOnlyList<(string Parameter, string Rule)> Mistakes) Read(IQueryCollection query)
    {
        var mistakes = new List<(string, string)>();
        bool? open = null;
        if (Text("state") is { } state)
        {
            if (state is "open" or "resolved")
                open = state == "open";
            else
                mistakes.Add(("state", "must be open or resolved"));
        }

        IncidentKind? kind = null;
        if (Text("kind") is { } wanted)
        {
            if (WireNames.TryParse<IncidentKind>(wanted, out var known))
                kind = known;
            else
                mistakes.Add(("kind", $"must be one of {string.Join(", ", WireNames.All<IncidentKind>())}"));
        }

        if (Text("endpoint") is { } endpoint && !IdRules.IsId(endpoint))
            mistakes.Add(("endpoint", "must be the id of an endpoint"));
        if (Text("group") is { Length: > LongestGroup })
            mistakes.Add(("group", $"must be a group's name, of at most {LongestGroup} characters"));
        var from = Time("from", endOfDay: false);
        var to = Time("to", endOfDay: true);
        if (from >= to)
            mistakes.Add(("to", "must come after from"));
        DateTimeOffset? before = null;
        if (Text("before") is { } cursor)
        {
            if (Query.TryParseInstant(cursor, out var instant))
                before = instant;
            else
                mistakes.Add(("before", "must be an instant such as 2026-11-22T10:00:00Z; take it from 'next' of the page before"));
        }

        return (new IncidentSearch(open, kind, Text("endpoint"), Text("group"), from, before < to || to is null ? before : to), mistakes);

        string? Text(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;

        DateTimeOffset? Time(string name, bool endOfDay)
        {
            if (Text(name) is not { } text)
                return null;
            if (Query.TryParseInstant(text, out var instant))
                return instant;
            // A day as a browser's field gives it; the last day belongs to the period.
            if (DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day) && day.Year is > 1 and < 9999)
                return endOfDay ? day.AddDays(1) : day;
            mistakes.Add((name, "must be a day such as 2026-11-22, or an instant such as 2026-11-22T10:00:00Z"));
            return null;
        }
    }

    /// <returns>
    /// What fits, newest first, and where the next page begins. Those that opened at one instant stay on one page, since the next one
    /// begins before an instant. A page may have fewer than asked for, and another one after it.
    /// </returns>
    internal async Task<(IReadOnlyList<Incident> Found, DateTimeOffset? Next)> FindAsync(
        IMonitorHistory history, IEndpointStore endpoints, int limit, CancellationToken cancellationToken)
    {
        var ofGroup = Group is null ? null : (await endpoints.ListEndpointsAsync(cancellationToken))
            .Where(each => each.Endpoint.Group == Group).Select(each => each.Endpoint.Id).ToHashSet();
        var (found, before) = (new List<Incident>(), Before);
        for (var lookedAt = 0; lookedAt < MostLookedAt;)
        {
            var (some, isLast) = await ReadWholeInstantsAsync(history, before, Math.Max(limit, 100), cancellationToken);
            foreach (var instant in some.GroupBy(one => one.OpenedAt))
            {
                if (instant.Key < From)
                    return (found, null);
                if (found.Count >= limit)
                    return (found, before);
                found.AddRange(instant.Where(one => Fits(one, ofGroup)));
                before = instant.Key;
            }

            if (isLast)
                return (found, null);
            lookedAt += some.Count;
        }

        return (found, before);
    }

    private bool Fits(Incident one, HashSet<string>? ofGroup) =>
        (Open is null || Open == one.ResolvedAt is null) && (Kind is null || Kind == one.Kind) && ofGroup?.Contains(one.EndpointId) is not false;

    private async Task<(IReadOnlyList<Incident> Incidents, bool IsLast)> ReadWholeInstantsAsync(
        IMonitorHistory history, DateTimeOffset? before, int limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            var some = await history.ReadIncidentsAsync(Endpoint, before, limit + 1, cancellationToken);
            if (some.Count <= limit)
                return (some, true);
            var whole = some.TakeWhile(one => one.OpenedAt != some[^1].OpenedAt).ToList();
            if (whole.Count > 0)
                return (whole, false);
            limit *= 2;
        }
    }
}
