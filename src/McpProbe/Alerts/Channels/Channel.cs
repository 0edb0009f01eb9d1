using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Alerts.Channels;

/// <summary>Where alerts go. Addresses and secrets may be references (<c>${env:NAME}</c>), resolved when an alert is sent.</summary>
public sealed record Channel
{
    /// <summary>An id, as endpoints have them.</summary>
    public required string Name { get; init; }

    public required ChannelType Type { get; init; }

    /// <summary>
    /// Where to POST; for e-mail <c>smtp://user@host:587</c> or <c>smtps://user@host:465</c>; empty for the address that the type
    /// comes with (PagerDuty) and for the e-mail service of the Azure head.
    /// </summary>
    public string Url { get; init; } = "";

    /// <summary>
    /// Webhook: <c>whsec_…</c>, null sends unsigned. PagerDuty: the routing key. ntfy: an access token. E-mail: the password.
    /// The others have their secret in the address.
    /// </summary>
    public string? Secret { get; init; }

    /// <summary>E-mail: the recipients' addresses.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>E-mail over SMTP: the sender's address; null for the head's own.</summary>
    public string? From { get; init; }

    /// <summary>How many messages it takes; what exceeds them is gathered into one. Null for the type's own limit.</summary>
    public SendLimit? Limit { get; init; }
}

/// <summary>Messages at most, in any minute and in any hour; null for no such limit.</summary>
public sealed record SendLimit(int? PerMinute, int? PerHour);

[JsonConverter(typeof(WireNameConverter<ChannelType>))]
public enum ChannelType
{
    Webhook,
    Slack,
    Teams,
    Discord,
    Pagerduty,
    Ntfy,
    Email,
}
