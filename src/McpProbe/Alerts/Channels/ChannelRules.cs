using McpProbe.Text;

namespace McpProbe.Alerts.Channels;

/// <param name="Key">The key that it is about, whether it is there or not.</param>
/// <param name="Message">What is wrong and what would be right, without any address or secret.</param>
/// <param name="Item">Which item of the key's list, from 0; null for the key.</param>
public readonly record struct ChannelMistake(string Key, string Message, int? Item = null);

/// <summary>What a channel of each type needs, takes and refuses: the same for a probes file, for app settings and for resolved secrets.</summary>
public static class ChannelRules
{
    /// <summary>Communication Services take as many a message; a longer list is a mailing list's business.</summary>
    private const int MostRecipients = 50;

    /// <summary>Every mistake. A value that is absent is empty or null in the channel.</summary>
    public static IEnumerable<ChannelMistake> MistakesIn(Channel channel, ChannelPlace place) =>
        [.. UrlMistakes(channel, place), .. SecretMistakes(channel, place), .. EmailMistakes(channel, place), .. LimitMistakes(channel)];

    /// <summary>The types whose address is their secret.</summary>
    private static bool IsSecretAddress(ChannelType type) => type is ChannelType.Slack or ChannelType.Teams or ChannelType.Discord;

    private static IEnumerable<ChannelMistake> UrlMistakes(Channel channel, ChannelPlace place)
    {
        var mistake = channel.Url.Length == 0 ? MissingUrl(channel.Type, place) : UrlMistake(channel, place);
        if (mistake is not null) yield return new("url", mistake);
    }

    private static string? MissingUrl(ChannelType type, ChannelPlace place) => type switch
    {
        ChannelType.Webhook => "has no 'url'; write where to POST, an http or https URL",
        ChannelType.Ntfy => "has no 'url'; write the topic's, such as https://ntfy.sh/my-topic",
        ChannelType.Email when !place.EmailService => "has no 'url'; write the mail server's, such as smtp://user@mail.example.com:587",
        ChannelType.Slack or ChannelType.Teams or ChannelType.Discord => $"has no 'url'; put the webhook's address into a variable, for it is a secret, and write {SecretReference.Example}",
        _ => null,
    };

    private static string? UrlMistake(Channel channel, ChannelPlace place)
    {
        var text = channel.Url;
        if (!SecretReference.AllValid(text)) return $"holds '${{' that begins no reference; write {SecretReference.Example}";
        if (!place.LiteralSecrets && IsSecretAddress(channel.Type) && !SecretReference.IsIn(text))
            return $"is a literal address, with which whoever reads it can post; put it into a variable and write {SecretReference.Example}";
        // Nothing is known of it before the secrets are: see ChannelSecrets.
        if (text.StartsWith("${", StringComparison.Ordinal)) return null;

        text = SecretReference.Replace(text, "x");
        if (text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))) return "a URL holds no white space";
        if (channel.Type is ChannelType.Email) return SmtpMistake(text);
        if (Uri.TryCreate(text, UriKind.Absolute, out var any) && (any.UserInfo.Length > 0 || any.Authority.Contains('@', StringComparison.Ordinal)))
            return $"a URL holds no user or password; put what is secret of it into a variable and write {SecretReference.Example}";
        if (UrlRules.MistakeIn(text, out var url) is { } mistake) return mistake;
        return channel.Type is ChannelType.Ntfy ? TopicMistake(url!) : null;
    }

    // https://docs.ntfy.sh/publish/: the server's root and a topic of its alphabet.
    private static string? TopicMistake(Uri url)
    {
        var topic = url.AbsolutePath[1..];
        return topic.Length is >= 1 and <= 64 && url.Query.Length == 0 && topic.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? null
            : "is not a server and one topic (1 to 64 letters, digits, '-' and '_'), such as https://ntfy.sh/my-topic";
    }

    private static string? SmtpMistake(string text)
    {
        const string example = "such as smtp://user@mail.example.com:587 or smtps://user@mail.example.com:465";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("smtp" or "smtps") || url.Host.Length == 0)
            return $"is not a mail server, {example}; write an '@' within the user as %40, and a '%' as %25";
        // As it is written: Uri mends what is wrong with it.
        var authority = text[(text.IndexOf("//", StringComparison.Ordinal) + 2)..].Split('/', '?', '#')[0];
        var at = authority.LastIndexOf('@');
        var user = at < 0 ? "" : authority[..at];
        if (user.Contains(':', StringComparison.Ordinal))
            return $"holds a password; take it out, put it into a variable and write 'secret: {SecretReference.Example}'";
        if (at == 0 || user.Contains('@', StringComparison.Ordinal) || !IsPercentEncoded(user))
            return $"has no user that can be read, {example}; write an '@' within the user as %40, and a '%' as %25";
        return url.AbsolutePath is "" or "/" && !text.Contains('?', StringComparison.Ordinal) && !text.Contains('#', StringComparison.Ordinal)
            ? null
            : $"holds more than a server; write it {example}";
    }

    private static bool IsPercentEncoded(string text)
    {
        for (var at = text.IndexOf('%', StringComparison.Ordinal); at >= 0; at = text.IndexOf('%', at + 1))
        {
            if (at + 2 >= text.Length || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2])) return false;
        }

        return true;
    }

    private static IEnumerable<ChannelMistake> SecretMistakes(Channel channel, ChannelPlace place)
    {
        var mistake = channel.Secret is { } secret ? SecretMistake(channel, secret, place) : MissingSecret(channel);
        if (mistake is not null) yield return new("secret", mistake);
    }

    private static string? MissingSecret(Channel channel) => channel.Type switch
    {
        ChannelType.Pagerduty => $"has no 'secret'; put the integration's routing key into a variable and write {SecretReference.Example}",
        ChannelType.Email when HasUser(channel.Url) is true => $"has no 'secret', but a user in 'url'; put the user's password into a variable and write {SecretReference.Example}, or take the user out",
        _ => null,
    };

    private static string? SecretMistake(Channel channel, string secret, ChannelPlace place)
    {
        var (type, value) = (channel.Type, Called(channel.Type));
        if (IsSecretAddress(type)) return $"is not for {WireNames.Of(type)}, whose secret is the address itself; remove it";
        if (type is ChannelType.Email && HasUser(channel.Url) is false) return "is the password of a user, and 'url' names none; write smtp://user@…, or remove it";
        if (SecretReference.Is(secret)) return null;
        if (!place.LiteralSecrets) return $"holds a literal secret; use {SecretReference.Example} and set that variable to {value}";
        if (SecretReference.IsIn(secret)) return $"is a reference and more; write {SecretReference.Example} alone";
        if (type is ChannelType.Webhook) return WebhookSignature.TryReadKeys(secret, out _, out var error) ? null : error;
        return type is not ChannelType.Email && secret.Any(c => c is <= ' ' or > '~')
            ? $"holds a character that {value} has not, such as a space or a line break; write it alone"
            : null;
    }

    private static string Called(ChannelType type) => type switch
    {
        ChannelType.Webhook => "whsec_ and the base64 of 24 to 64 random bytes",
        ChannelType.Pagerduty => "the integration's routing key",
        ChannelType.Ntfy => "the access token",
        _ => "the user's password",
    };

    // Null when nothing can be said yet, or the address is wrong.
    private static bool? HasUser(string url)
    {
        if (url.Length == 0) return false;
        if (url.StartsWith("${", StringComparison.Ordinal)) return null;
        return SmtpMistake(SecretReference.Replace(url, "x")) is null ? url.Contains('@', StringComparison.Ordinal) : null;
    }

    private static IEnumerable<ChannelMistake> EmailMistakes(Channel channel, ChannelPlace place)
    {
        if (channel.Type is not ChannelType.Email)
        {
            var remove = $"is for e-mail, and this channel is of type {WireNames.Of(channel.Type)}; remove it";
            if (channel.To.Count > 0) yield return new("to", remove);
            if (channel.From is not null) yield return new("from", remove);
            yield break;
        }

        if (channel.To.Count is 0 or > MostRecipients)
            yield return new("to", $"names {(channel.To.Count == 0 ? "no" : $"{channel.To.Count}")} recipients; write 'to' with 1 to {MostRecipients} addresses, such as oncall@example.com");
        for (var i = 0; i < channel.To.Count; i++)
        {
            var address = channel.To[i];
            if (!EmailAddress.IsValid(address)) yield return new("to", NoAddress(address), i);
            else if (channel.To.Take(i).Contains(address, StringComparer.OrdinalIgnoreCase)) yield return new("to", $"'{address}' stands twice; remove one", i);
        }

        var byService = place.EmailService && channel.Url.Length == 0;
        if (channel.From is not null && byService) yield return new("from", "is for a mail server in 'url': the platform's service has a sender of its own; remove it");
        else if (channel.From is { } from && !EmailAddress.IsValid(from)) yield return new("from", NoAddress(from));
        else if (channel.From is null && !byService && !place.Sender)
            yield return new("from", "has no 'from'; write the address that the mail comes from, such as mcpprobe@example.com");
    }

    private static string NoAddress(string text) =>
        $"'{VisibleText.Excerpt(text)}' is not an e-mail address; write it plainly, such as oncall@example.com, without a name before it";

    private static IEnumerable<ChannelMistake> LimitMistakes(Channel channel)
    {
        if (channel.Limit is not { } limit) yield break;
        if (channel.Type is ChannelType.Webhook or ChannelType.Pagerduty)
            yield return new("limit", $"is for channels that people read; one of type {WireNames.Of(channel.Type)} is read by a program, which gets every transition by itself; remove it");
        else if (limit is { PerMinute: null, PerHour: null })
            yield return new("limit", "names no limit; write { perMinute: 5, perHour: 60 } or one of them, or remove it");
    }
}
