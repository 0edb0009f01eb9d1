using McpProbe.Alerts;

namespace McpProbe.CrashTest;

/// <summary>Makes each send two steps: before it goes out, and after its answer is in.</summary>
internal static class CountedSends
{
    internal static SendAlert Around(ChannelSender sender, Steps steps) => async (channel, alert, cancellationToken) =>
    {
        steps.Pass("before a send");
        var outcome = await sender.SendAsync(channel, alert, cancellationToken);
        steps.Pass("after a send");
        return outcome;
    };
}
