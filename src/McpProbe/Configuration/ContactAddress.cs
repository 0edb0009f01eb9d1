using McpProbe.Alerts.Channels;

namespace McpProbe.Configuration;

/// <summary>Whom the operator of a visited server may ask: an e-mail address, or the address of a page.</summary>
public static class ContactAddress
{
    public const string Description = "an e-mail address or the URL of a page, such as ops@example.com";

    public static bool IsValid(string text) =>
        EmailAddress.IsValid(text)
        || (text.Length <= 200 && text.All(c => c is > ' ' and <= '~' and not ('(' or ')' or '\\' or '"'))
            && Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", UserInfo.Length: 0 });
}
