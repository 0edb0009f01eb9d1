using System.Text;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Alerts.Senders;
using McpProbe.CrashTest.Truth;

namespace McpProbe.CrashTest;

/// <summary>Makes each send two steps: before it goes out, and after its answer is in.</summary>
internal static class CountedSends
{
    private static readonly HttpClient Http = new();

    internal static SendAlert Around(ChannelSender sender, Steps steps) => async (channel, alert, cancellationToken) =>
    {
        steps.Pass("before a send");
        var outcome = channel.Name == Receiver.Chat
            ? await TellIdsAsync(channel, alert, cancellationToken)
            : await sender.SendAsync(channel, alert, cancellationToken);
        steps.Pass("after a send");
        return outcome;
    };

    // A message for people names no transition: what is in it is told by ids in its place.
    private static async Task<SendOutcome> TellIdsAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, channel.Url);
        request.Headers.Add("webhook-id", alert.Id);
        request.Content = new StringContent(string.Join('\n', alert.Transitions.Select(transition => transition.Id)), Encoding.UTF8);
        using var answer = await Http.SendAsync(request, cancellationToken);
        return answer.IsSuccessStatusCode ? SendOutcome.Delivered : SendOutcome.Retry($"answered {(int)answer.StatusCode}");
    }
}
