using McpProbe.Model;

namespace McpProbe.Alerts.Messages;

/// <summary>One message: a transition, or several that were gathered because they belong together or are too many.</summary>
/// <param name="Id">The same at every repeat: what a receiver recognises a repeat by (<c>webhook-id</c>, <c>Message-ID</c>).</param>
/// <param name="Transitions">In their order; those of one incident in the order of their sequence.</param>
public sealed record Alert(string Id, IReadOnlyList<Transition> Transitions)
{
    /// <summary>E-mail: the recipients that a send before this one did not reach; null for all of the channel's.</summary>
    public IReadOnlyList<string>? To { get; init; }

    public static Alert Of(Transition transition) => new(transition.Id, [transition]);
}
