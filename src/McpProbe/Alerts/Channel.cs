using System.Text.Json.Serialization;

namespace McpProbe.Alerts;

/// <summary>Where alerts go. Addresses and secrets may be references (<c>${env:NAME}</c>), resolved when an alert is sent.</summary>
/// <param name="Url">
/// For a webhook: where to POST. For e-mail: <c>smtp://user@host:587</c> or <c>smtps://user@host:465</c>; empty for the e-mail
/// service that the head comes with.
/// </param>
/// <param name="Secret">For a webhook: <c>whsec_…</c>; null sends unsigned. For SMTP: the password.</param>
/// <param name="To">For e-mail: the recipients' addresses.</param>
public sealed record Channel(string Name, ChannelType Type, string Url, string? Secret, IReadOnlyList<string>? To = null);

[JsonConverter(typeof(WireNameConverter<ChannelType>))]
public enum ChannelType
{
    Webhook,
    Email,
}
