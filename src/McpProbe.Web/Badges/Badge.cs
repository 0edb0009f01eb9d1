using System.Globalization;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using McpProbe.Uptime;
using McpProbe.Web.Pages;

namespace McpProbe.Web.Badges;

/// <summary>A label and a message: one figure of one endpoint.</summary>
/// <param name="Label">The endpoint's name; with what is shown, where that is not its state.</param>
internal sealed record Badge(string Label, string Message, BadgeColour Colour)
{
    private const int LongestName = 60;

    /// <param name="endpoint">As it is known now.</param>
    internal static Badge Of(BadgeShow show, UptimeRange range, EndpointOverview endpoint, UptimeSummary? uptime)
    {
        var name = ForeignText.OneLine(endpoint.Registered.Endpoint.DisplayName, LongestName) is { Length: > 0 } known ? known : endpoint.Registered.Endpoint.Id;
        return show switch
        {
            BadgeShow.Uptime => OfUptime(name, range, endpoint, uptime!),
            BadgeShow.P95 => new($"{name} p95", Milliseconds.Text(uptime!.P95Ms), uptime.P95Ms is null ? BadgeColour.Grey : BadgeColour.Blue),
            BadgeShow.Tools => OfTools(name, endpoint),
            BadgeShow.Drift => OfDrift(name, endpoint.State),
            _ => OfState(name, endpoint),
        };
    }

    private static Badge OfState(string name, EndpointOverview one)
    {
        if (one.Registered.Endpoint.Paused)
            return new(name, "paused", BadgeColour.Grey);
        if (one.Stale && one.State.Verdict is not Verdict.Down)
            return new(name, "unknown", BadgeColour.Grey);
        // A server whose tools changed is not plainly healthy.
        var open = one.State.OpenIncidents.Where(each => each.Kind is not (IncidentKind.Outage or IncidentKind.Degraded)).ToList();
        var verdict = WireNames.Of(one.State.Verdict);
        var colour = one.State.Verdict switch
        {
            Verdict.Healthy => BadgeColour.Green,
            Verdict.Degraded => BadgeColour.Orange,
            Verdict.Gated => BadgeColour.Blue,
            Verdict.Down => BadgeColour.Red,
            _ => BadgeColour.Grey,
        };
        if (open.Count == 0 || one.State.Verdict is Verdict.Down)
            return new(name, verdict, colour);
        var worst = open.MaxBy(each => each.Severity ?? IncidentSeverities.Of(each.Kind, each.Class))!;
        return new(
            name, $"{verdict}, {WireNames.Of(worst.Kind)}{(open.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {open.Count - 1} more"))}",
            (worst.Severity ?? IncidentSeverities.Of(worst.Kind, worst.Class)) >= IncidentSeverity.Error ? BadgeColour.Red : BadgeColour.Orange);
    }

    private static Badge OfUptime(string name, UptimeRange range, EndpointOverview one, UptimeSummary uptime)
    {
        var percent = uptime.Of(range).Uptime * 100;
        var objective = one.Registered.Endpoint.Slo ?? 99.9;
        return new(
            $"{name} uptime {BadgeRanges.Of(range)}", percent is null ? "no data" : ReportText.Percent(percent),
            percent is null ? BadgeColour.Grey : percent >= objective ? BadgeColour.Green : percent >= Math.Min(99, objective) ? BadgeColour.Orange : BadgeColour.Red);
    }

    private static Badge OfTools(string name, EndpointOverview one) => one.Last?.Result.Catalog is { } catalog
        ? new($"{name} tools", catalog.Tools.ToString(CultureInfo.InvariantCulture), BadgeColour.Blue)
        : new($"{name} tools", "unknown", BadgeColour.Grey);

    private static Badge OfDrift(string name, EndpointState state) => state switch
    {
        { Baseline: null } => new($"{name} drift", "no baseline", BadgeColour.Grey),
        _ when state.OpenIncidents.FirstOrDefault(each => each.Kind is IncidentKind.Drift) is { } open => new(
            $"{name} drift", open.Class is { } worst ? WireNames.Of(worst) : "open",
            open.Class is ChangeClass.Info ? BadgeColour.Blue : open.Class is ChangeClass.Warning ? BadgeColour.Orange : BadgeColour.Red),
        { Drifted: not null } => new($"{name} drift", "changed", BadgeColour.Blue),
        _ => new($"{name} drift", "none", BadgeColour.Green),
    };
}

internal enum BadgeShow
{
    State,
    Uptime,
    P95,
    Tools,
    Drift,
}

/// <summary>White stands out from each by at least 4.5 to 1 (WCAG 2.2, 1.4.3).</summary>
internal enum BadgeColour
{
    Green,
    Orange,
    Red,
    Blue,
    Grey,
}

/// <summary>How a query names a time.</summary>
internal static class BadgeRanges
{
    internal static readonly IReadOnlyList<string> All = [.. Enum.GetValues<UptimeRange>().Select(Of)];

    internal static string Of(UptimeRange range) => range switch
    {
        UptimeRange.Day => "24h",
        UptimeRange.Week => "7d",
        UptimeRange.Month => "30d",
        _ => "90d",
    };

    internal static UptimeRange? Find(string text) => Enum.GetValues<UptimeRange>().Where(range => Of(range) == text).Select(range => (UptimeRange?)range).FirstOrDefault();
}
