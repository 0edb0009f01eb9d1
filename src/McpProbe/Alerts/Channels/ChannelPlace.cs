namespace McpProbe.Alerts.Channels;

/// <summary>What differs between the places that channels are configured in.</summary>
/// <param name="LiteralSecrets">Secrets may stand there themselves: app settings, which a vault fills.</param>
/// <param name="EmailService">E-mail without an address goes through a service of the platform.</param>
/// <param name="Sender">There is a sender for e-mail that names none.</param>
public sealed record ChannelPlace(bool LiteralSecrets, bool EmailService, bool Sender)
{
    public static readonly ChannelPlace ProbesFile = new(LiteralSecrets: false, EmailService: false, Sender: false);
}
