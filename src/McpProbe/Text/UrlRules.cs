namespace McpProbe.Text;

/// <summary>What a URL of a configuration must be. Messages do not quote it: it may hold a credential.</summary>
internal static class UrlRules
{
    /// <summary>Null, or what is wrong with it.</summary>
    public static string? MistakeIn(string text, out Uri? url)
    {
        url = null;
        if (text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))) return "a URL holds no white space";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var parsed) || parsed.Host.Length == 0 || (parsed.Scheme != Uri.UriSchemeHttp && parsed.Scheme != Uri.UriSchemeHttps))
            return "is not an absolute http or https URL, such as https://example.com/mcp";
        if (parsed.UserInfo.Length > 0 || parsed.Authority.Contains('@', StringComparison.Ordinal))
            return $"a URL holds no user or password; an endpoint takes credentials in 'headers' or 'bearer' as {SecretReference.Example}";
        if (text.Contains('#', StringComparison.Ordinal)) return "a URL to send requests to has no fragment ('#…'); remove it";
        url = parsed;
        return null;
    }
}
