using McpProbe.Model;

namespace McpProbe.Alerts.Channels;

/// <summary>Which news a channel takes. All of them take what an incident does; who has it is not for everybody.</summary>
internal static class ChannelNews
{
    /// <summary>
    /// Machines and chats are told who has an incident; a mailbox is not, since nobody waits there for that. PagerDuty can be told that
    /// somebody has it, and not that nobody has any more: its Events API knows no such action.
    /// </summary>
    internal static bool Takes(ChannelType channel, TransitionType news) => (channel, news) switch
    {
        (ChannelType.Email, TransitionType.Acknowledged or TransitionType.Unacknowledged) => false,
        (ChannelType.Pagerduty, TransitionType.Unacknowledged) => false,
        _ => true,
    };
}
