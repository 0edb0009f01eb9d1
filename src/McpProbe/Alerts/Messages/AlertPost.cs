namespace McpProbe.Alerts.Messages;

/// <summary>One message on its way, as often as it takes.</summary>
internal sealed record AlertPost(Uri Url, ReadOnlyMemory<byte> Body, AlertReceiver Receiver)
{
    internal IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>The credential that the message carries, besides the address.</summary>
    internal string? Credential { get; init; }

    /// <summary>What no message may show.</summary>
    internal IEnumerable<string> Secrets => new[] { Credential, Url.AbsolutePath, Url.Query }.OfType<string>().Where(secret => secret.Length > 1);
}

/// <summary>What is known of how a receiver answers.</summary>
internal enum AlertReceiver
{
    /// <summary>It may be in the middle of a deployment, behind a proxy: only clear words count.</summary>
    Anybody,

    /// <summary>A service whose 400 means that the message, or the key in it, is wrong.</summary>
    Service,

    /// <summary>A service that makes the addresses itself, and answers 404 to those it has deleted.</summary>
    OwnsItsAddresses,
}
