using System.Text.Json.Serialization;

namespace McpProbe.Alerts;

/// <summary>Where alerts go. Addresses and secrets may be references (<c>${env:NAME}</c>), resolved when an alert is sent.</summary>
/// <param name="Url">For a webhook: where to POST.</param>
/// <param name="Secret">For a webhook: <c>whsec_…</c>; null sends unsigned.</param>
public sealed record Channel(string Name, ChannelType Type, string Url, string? Secret);

[JsonConverter(typeof(WireNameConverter<ChannelType>))]
public enum ChannelType
{
    Webhook,
}
