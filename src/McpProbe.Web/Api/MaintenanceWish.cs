using McpProbe.Configuration.Reading;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Web.Api;

/// <summary>A maintenance that somebody asks for, by the API or by the page's form: the fields are the same.</summary>
internal sealed record MaintenanceWish(DateTimeOffset? From, TimeSpan? Duration, DateTimeOffset? Until, string By, string? Reason)
{
    private const int LongestReason = 200;

    /// <returns>Either the wish or every mistake.</returns>
    internal static (MaintenanceWish? Wish, IReadOnlyList<ConfigError> Mistakes) Read(MaintenanceRequest request)
    {
        var mistakes = new List<ConfigError>();
        void Refuse(string path, string message) => mistakes.Add(Mistake(path, message));

        TimeSpan? duration = null;
        if (request.Duration is { } length)
        {
            if (Durations.TryParse(length, EndpointRegistry.LongestMaintenance, out var known) && known > TimeSpan.Zero)
                duration = known;
            else
                Refuse("duration", $"is no duration such as 30m or 2h, of {EndpointRegistry.LongestMaintenance.Days} days at most.");
        }

        if (request.Duration is null == request.Until is null)
            Refuse("duration", "Say how long it lasts, such as 2h, or give 'until', when it ends: one of them.");
        var until = Instant(request.Until, "until", Refuse);
        var from = Instant(request.From, "from", Refuse);
        var by = BaselineApi.Reviewer(request.By);
        if (by is null)
            Refuse("by", $"Say who asks for it, in 1 to {BaselineApi.LongestName} characters.");
        var reason = ForeignText.OneLine(request.Reason ?? "", LongestReason + 1);
        if (reason.Length > LongestReason)
            Refuse("reason", $"is longer than {LongestReason} characters; say it in fewer.");
        return mistakes.Count == 0
            ? (new MaintenanceWish(from, duration, until, by!, reason.Length == 0 ? null : reason), mistakes)
            : (null, mistakes);
    }

    internal Task<(MaintenanceOutcome Outcome, AdHocMaintenance? Maintenance)> AskAsync(
        EndpointRegistry registry, string id, CancellationToken cancellationToken) =>
        registry.SetMaintenanceAsync(id, From, Duration, Until, By, Reason, cancellationToken);

    /// <summary>What stands in the way, for people.</summary>
    internal ConfigError WhyNot(MaintenanceOutcome outcome) => outcome switch
    {
        MaintenanceOutcome.TooFarAhead => Mistake("from", $"lies more than {EndpointRegistry.FarthestMaintenance.Days} days ahead; ask for it when it is nearer."),
        MaintenanceOutcome.TooLong => Mistake("until", $"is more than {EndpointRegistry.LongestMaintenance.Days} days after it begins; ask for less, or pause the endpoint."),
        _ => Mistake(Until is null ? "from" : "until", "The maintenance would be over already, or end before it begins. Give an end that lies ahead and after 'from'."),
    };

    private static ConfigError Mistake(string path, string message) => new("body", 1, 1, path, message);

    private static DateTimeOffset? Instant(string? text, string path, Action<string, string> refuse)
    {
        if (text is null)
            return null;
        if (Query.TryParseInstant(text, out var instant))
            return instant;
        refuse(path, "is no instant such as 2026-11-22T10:00:00Z.");
        return null;
    }
}
