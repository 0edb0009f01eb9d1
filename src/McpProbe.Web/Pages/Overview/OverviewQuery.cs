using System.Globalization;
using McpProbe.Monitoring;
using McpProbe.Text;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Pages.Overview;

/// <summary>What somebody wants to see of the overview. All of it is in the address, so that a link shows the same to others.</summary>
/// <param name="Search">Words that a name, an id, a target, a group or a tag holds.</param>
/// <param name="State">A verdict's name, <c>paused</c>, <c>stale</c> or <c>incident</c>; null for all.</param>
/// <param name="Problems">Only what is not well.</param>
/// <param name="Range">What the bars are about; null leaves the choice to the page.</param>
public sealed record OverviewQuery(
    string? Search = null, string? State = null, string? Group = null, string? Tag = null, bool Problems = false,
    OverviewSort Sort = OverviewSort.Worst, BarRange? Range = null, int Page = 1)
{
    public static readonly IReadOnlyList<(string Value, string Words)> States =
    [
        ("down", "down"), ("degraded", "degraded"), ("unknown", "unknown"), ("gated", "gated"), ("healthy", "healthy"),
        ("stale", "stale"), ("incident", "with an open incident"), ("paused", "paused"),
    ];

    private const int Longest = 200;

    /// <summary>Whether fewer endpoints are wanted than there are.</summary>
    public bool IsFilter => Search is not null || State is not null || Group is not null || Tag is not null || Problems;

    /// <summary>A value that makes no sense is left out: an old link still shows something.</summary>
    internal static OverviewQuery Read(IQueryCollection query) => new(
        Text(query, "q"),
        Text(query, "state") is { } state && States.Any(each => each.Value == state) ? state : null,
        Text(query, "group"),
        Text(query, "tag"),
        Text(query, "problems") is "1" or "true" or "on",
        WireNames.TryParse<OverviewSort>(Text(query, "sort") ?? "", out var sort) ? sort : OverviewSort.Worst,
        BarRanges.TryParse(Text(query, "range"), out var range) ? range : null,
        int.TryParse(query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var page) && page > 0 ? page : 1);

    /// <summary>The address of this view.</summary>
    internal string Link()
    {
        var parts = new List<string>();
        Add("q", Search);
        Add("state", State);
        Add("group", Group);
        Add("tag", Tag);
        Add("problems", Problems ? "1" : null);
        Add("sort", Sort is OverviewSort.Worst ? null : WireNames.Of(Sort));
        Add("range", Range is { } range ? BarRanges.Of(range) : null);
        Add("page", Page > 1 ? Page.ToString(CultureInfo.InvariantCulture) : null);
        return parts.Count == 0 ? "/" : $"/?{string.Join('&', parts)}";

        void Add(string name, string? value)
        {
            if (value is not null)
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
        }
    }

    /// <param name="target">The target as the viewer sees it: nobody finds by search what is not shown to them.</param>
    internal bool Fits(EndpointOverview one, Func<EndpointOverview, string> target)
    {
        var endpoint = one.Registered.Endpoint;
        return (Group is null || endpoint.Group == Group)
            && (Tag is null || endpoint.Tags.Contains(Tag))
            && (!Problems || OverviewView.IsProblem(one))
            && (State is null || IsIn(one, State))
            && (Search is null || Search.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).All(word =>
                Has(endpoint.DisplayName, word) || Has(endpoint.Id, word) || Has(endpoint.Group, word)
                || endpoint.Tags.Any(tag => Has(tag, word)) || Has(target(one), word)));
    }

    private static bool IsIn(EndpointOverview one, string state) => state switch
    {
        "paused" => one.Registered.Endpoint.Paused,
        "stale" => one.Stale,
        "incident" => one.State.OpenIncidents.Count > 0,
        _ => !one.Registered.Endpoint.Paused && WireNames.Of(one.State.Verdict) == state,
    };

    private static bool Has(string? text, string word) => text?.Contains(word, StringComparison.OrdinalIgnoreCase) is true;

    private static string? Text(IQueryCollection query, string name) =>
        query[name].ToString().Trim() is { Length: > 0 and <= Longest } text ? text : null;
}

public enum OverviewSort
{
    /// <summary>What is wrong first.</summary>
    Worst,
    Name,

    /// <summary>What changed last, first.</summary>
    Changed,

    /// <summary>The slowest last handshake first.</summary>
    Slowest,
}
