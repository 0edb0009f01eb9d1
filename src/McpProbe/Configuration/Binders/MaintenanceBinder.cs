using Cronos;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads the key <c>maintenance</c> of an endpoint.</summary>
internal sealed class MaintenanceBinder(ConfigReader reader)
{
    private const string Example = "'0 2 * * SUN' (minute, hour, day of the month, month, day of the week: Sundays at 2:00)";

    private static readonly TimeSpan LeastDuration = TimeSpan.FromSeconds(1);

    /// <summary>Any instant does: an expression fires within the centuries after it, or never.</summary>
    private static readonly DateTime AnyTime = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public MaintenanceWindow[]? Windows(ConfigNode node, string path)
    {
        if (reader.Items(node, path, "a list of windows, such as [{ cron: \"0 2 * * SUN\", duration: 2h }]") is not { } items) return null;
        return [.. items.Select((item, i) => Window(item, $"{path}[{i}]")).OfType<MaintenanceWindow>()];
    }

    private MaintenanceWindow? Window(ConfigNode node, string path)
    {
        if (reader.Members(node, path, ["cron", "duration", "timeZone"]) is not { } members) return null;
        string? cron = null, zone = null;
        TimeSpan? duration = null;
        if (members.TryGetValue("cron", out var when)) cron = Cron(when.Value, $"{path}.cron");
        else reader.Fail(node.At, path, $"has no 'cron'; say when it begins, such as {Example}");
        if (members.TryGetValue("duration", out var length)) duration = reader.Duration(length.Value, $"{path}.duration", LeastDuration);
        else reader.Fail(node.At, path, "has no 'duration'; say how long it lasts, such as 2h");
        var named = members.TryGetValue("timeZone", out var place);
        if (named) zone = reader.TimeZone(place!.Value, $"{path}.timeZone");

        if (cron is null || duration is not { } known || (named && zone is null)) return null;
        var window = new MaintenanceWindow(cron, known);
        return zone is null ? window : window with { TimeZone = zone };
    }

    private string? Cron(ConfigNode node, string path)
    {
        if (reader.String(node, path, $"a cron expression such as {Example}") is not { } text) return null;
        if (text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length != 5)
        {
            reader.Fail(node.At, path, $"'{VisibleText.Excerpt(text)}' is no cron expression of five fields; write such as {Example}");
            return null;
        }

        try
        {
            if (CronExpression.Parse(text).GetNextOccurrence(AnyTime, inclusive: true) is not null) return text;
            reader.Fail(node.At, path, $"'{VisibleText.Excerpt(text)}' never comes: no such day is in the calendar; write such as {Example}");
        }
        catch (CronFormatException mistake)
        {
            reader.Fail(node.At, path, $"'{VisibleText.Excerpt(text)}' is no cron expression: {Reason(mistake)}; write such as {Example}");
        }

        return null;
    }

    // "The given cron expression has an invalid format. Minutes: Value must be …" says it twice.
    private static string Reason(CronFormatException mistake) =>
        VisibleText.Line(mistake.Message[(mistake.Message.IndexOf(". ", StringComparison.Ordinal) is var end and >= 0 ? end + 2 : 0)..], 120).TrimEnd('.');
}
