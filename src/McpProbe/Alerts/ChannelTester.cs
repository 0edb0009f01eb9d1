using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;

namespace McpProbe.Alerts;

/// <summary>Sends a sample to a channel, now and once, past limits and gathering, and tells what came of it.</summary>
/// <param name="desk">Enables a disabled channel that takes the sample; null where no store is at hand.</param>
public sealed class ChannelTester(IReadOnlyDictionary<string, Channel> channels, SendAlert send, AlertDesk? desk, TimeProvider time)
{
    public async Task<ChannelTest> TestAsync(string channel, CancellationToken cancellationToken)
    {
        if (!channels.TryGetValue(channel, out var known))
            return new ChannelTest(ChannelTestStatus.UnknownChannel, Unknown(channel));

        var outcome = await send(known, Alert.Of(SampleAlert.Of(known, time.GetUtcNow())), cancellationToken);
        if (outcome.Status is not SendStatus.Delivered)
        {
            return new ChannelTest(
                ChannelTestStatus.Failed,
                $"The test alert did not reach channel '{channel}': {outcome.Error}. Correct the channel or its receiver, and test again.");
        }

        return desk is not null && await desk.EnableAsync(channel, cancellationToken)
            ? new ChannelTest(ChannelTestStatus.Delivered, $"The test alert was delivered to channel '{channel}', which was disabled and is enabled again.")
            : new ChannelTest(ChannelTestStatus.Delivered, $"The test alert was delivered to channel '{channel}'.");
    }

    private string Unknown(string channel) => channels.Count == 0
        ? $"No channel is named '{channel}': there are none. Add it under 'channels' in the probes file."
        : $"No channel is named '{channel}'. There are: {string.Join(", ", channels.Keys.Order(StringComparer.Ordinal))}.";
}

/// <param name="Message">A sentence for whoever asked.</param>
public sealed record ChannelTest(ChannelTestStatus Status, string Message);

public enum ChannelTestStatus
{
    Delivered,
    Failed,
    UnknownChannel,
}
