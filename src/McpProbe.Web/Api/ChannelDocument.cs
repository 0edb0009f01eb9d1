using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Web.Api;

/// <summary><c>GET /api/channels</c>, by name; docs/schema/channels.schema.json.</summary>
public sealed record ChannelsDocument(IReadOnlyList<ChannelDocument> Channels);

/// <summary>One channel and how it does; neither its address nor its secret.</summary>
/// <param name="Disabled">Null while it works.</param>
/// <param name="Waiting">Alerts on their way to it.</param>
/// <param name="LastSuccess">Null before the first alert that its receiver confirmed; to the minute where there are many.</param>
/// <param name="LastError">The last send that did not succeed, however long ago.</param>
public sealed record ChannelDocument(
    string Name, ChannelType Type, ChannelDisabled? Disabled, int Waiting, DateTimeOffset? LastSuccess, ChannelError? LastError)
{
    /// <param name="known">What the store knows of it; null when nothing was sent to it yet.</param>
    internal static ChannelDocument Of(Channel channel, ChannelStatus? known)
    {
        var state = known?.State ?? ChannelState.New;
        return new(channel.Name, channel.Type, DisabledOf(channel, state), known?.Waiting ?? 0, state.LastSuccess, state.LastError);
    }

    // With another address it is as good as enabled: the next alert is sent to it.
    private static ChannelDisabled? DisabledOf(Channel channel, ChannelState state) =>
        state.Disabled is { } closure
        && (ChannelAddress.HashOf(channel, SecretReference.FromEnvironment) is not { } address || address == closure.Address)
            ? new(closure.At, closure.Why)
            : null;
}

/// <param name="Why">What the receiver said.</param>
public sealed record ChannelDisabled(DateTimeOffset At, string Why);

/// <summary>A sample that arrived: <c>POST /api/channels/{name}/test</c>; docs/schema/channel-test.schema.json.</summary>
public sealed record ChannelTestDocument(string Channel, string Message);
