using McpProbe.Monitoring;
using McpProbe.Uptime.Reports;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Reports;

/// <summary>What a report was asked for, by the API's parameters or the page's form: they are the same.</summary>
/// <param name="Chosen">Null when there are mistakes, as <paramref name="Range"/> then is.</param>
public sealed record ReportQuery(
    string? From, string? To, string? RangeText, string? Zone, IReadOnlyList<string> Ids, IReadOnlyList<string> GroupNames,
    ReportRange? Range, IReadOnlyList<RegisteredEndpoint>? Chosen, IReadOnlyList<ReportMistake> Mistakes)
{
    internal const int MostChosen = 500;

    /// <summary>Nothing is wrong with it, but that all endpoints together are too many for one report.</summary>
    internal bool IsToBeChosen => Ids.Count + GroupNames.Count == 0 && Mistakes is [{ IsTooMany: true }];

    /// <param name="isForm">A form sends all its fields: a typed from and to count before the range that is chosen beside them.</param>
    internal static async Task<ReportQuery> ReadAsync(
        HttpRequest request, SlaReporter reporter, TimeProvider time, bool isForm, CancellationToken cancellationToken)
    {
        var query = request.Query;
        string? Text(string name) => query[name] is [{ } text, ..] && !string.IsNullOrWhiteSpace(text) ? text : null;
        IReadOnlyList<string> Texts(string name) => [.. query[name].OfType<string>().Where(text => !string.IsNullOrWhiteSpace(text)).Distinct()];
        var (from, to, zone, ids, groups) = (Text("from"), Text("to"), Text("zone"), Texts("endpoint"), Texts("group"));
        var rangeText = isForm && (from ?? to) is not null ? null : Text("range");

        var (range, mistakes) = ReportRange.Read(from, to, rangeText, zone, time.GetUtcNow());
        var (chosen, wrong) = ids.Count + groups.Count > MostChosen
            ? (null, [new ReportMistake("endpoint", $"names too many: at most {MostChosen} endpoints and groups can be named; leave them out for all.")])
            : await reporter.ChooseAsync(ids, groups, cancellationToken);
        IReadOnlyList<ReportMistake> all = [.. mistakes, .. wrong];
        return new ReportQuery(from, to, Text("range"), zone, ids, groups, all.Count > 0 ? null : range, all.Count > 0 ? null : chosen, all);
    }

    /// <summary>The same report in another form: <c>/api/reports/sla?range=30d&amp;format=csv</c>.</summary>
    internal string Link(string path, string? format = null)
    {
        var parts = new List<KeyValuePair<string, string?>>();
        void Add(string name, string? value)
        {
            if (value is not null)
                parts.Add(new(name, value));
        }

        Add("from", From);
        Add("to", To);
        Add("range", (From ?? To) is null ? RangeText : null);
        Add("zone", Zone);
        foreach (var id in Ids)
            Add("endpoint", id);
        foreach (var group in GroupNames)
            Add("group", group);
        Add("format", format);
        return path + QueryString.Create(parts);
    }
}
