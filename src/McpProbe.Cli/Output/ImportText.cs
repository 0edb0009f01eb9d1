using System.Text;
using McpProbe.Endpoints;
using McpProbe.Imports;
using McpProbe.Imports.Planning;
using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>What an import found and changed, for people.</summary>
internal static class ImportText
{
    private const int MostNames = 10;

    /// <param name="visits">Null when nobody asked for them.</param>
    /// <param name="file">The probes file; null when the endpoints went to standard output.</param>
    public static string Of(string place, IReadOnlyList<Listing> listings, ImportPlan plan, IReadOnlyList<Visit>? visits, string? file)
    {
        var text = new StringBuilder();
        text.AppendLine($"{ForeignText.OneLine(place)}: {Count.Of(plan.Servers.Values.Sum(), "server")}, {Count.Of(listings.Count(listing => listing.Url is not null || listing.Command is not null), "address", "addresses")}{(plan.IsWhole ? "" : ", not all that it lists")}");
        if (listings.Any(listing => listing.Status is not null))
            text.AppendLine($"  listed as   {string.Join(", ", Enum.GetValues<ListingStatus>().Select(status => $"{plan.Servers.GetValueOrDefault(status)} {WireNames.Of(status)}"))}");
        text.AppendLine($"  endpoints   {plan.Added.Count} new, {plan.Changed.Count} changed, {plan.Kept} unchanged");
        List(text, "  gone        ", plan.Gone.Select(endpoint => $"{endpoint.Id} ({endpoint.Imported!.Paused}{(endpoint.Paused ? "; paused" : "")})"));
        List(text, "  back        ", plan.Back.Select(endpoint => endpoint.Id));
        foreach (var (reason, count) in plan.Paused)
            text.AppendLine($"  paused      {count}: {ForeignText.OneLine(reason)}");
        foreach (var (reason, names) in plan.LeftOut.GroupBy(each => each.Reason).OrderByDescending(each => each.Count()).Take(MostNames).Select(each => (each.Key, each.ToList())))
            text.AppendLine($"  left out    {names.Count}: {ForeignText.OneLine(reason)} ({string.Join(", ", names.Take(3).Select(each => each.Name))}{(names.Count > 3 ? ", …" : "")})");
        if (visits is not null)
        {
            text.AppendLine($"  visited     {visits.Count}{(visits.Count == 0 ? "" : ": ")}{string.Join(", ", visits.CountBy(visit => visit.Verdict).OrderBy(each => each.Key).Select(each => $"{each.Value} {WireNames.Of(each.Key)}"))}");
            foreach (var visit in visits)
            {
                foreach (var contradiction in visit.Contradictions)
                    text.AppendLine($"  contradicts {visit.Endpoint.Id}: {contradiction}");
            }
        }

        text.Append(file is null ? "Nothing is written: name the probes file with -o."
            : plan.IsEmpty ? $"{ForeignText.OneLine(file)} stays as it is."
            : $"{ForeignText.OneLine(file)} is written{(plan.Added.Any(endpoint => endpoint.Paused) ? "; remove 'paused: true' of those that you want to watch" : "")}.");
        return text.ToString();
    }

    private static void List(StringBuilder text, string title, IEnumerable<string> entries)
    {
        var all = entries.ToList();
        foreach (var entry in all.Take(MostNames))
            text.AppendLine($"{title}{ForeignText.OneLine(entry)}");
        if (all.Count > MostNames)
            text.AppendLine($"{title}and {all.Count - MostNames} more");
    }
}
