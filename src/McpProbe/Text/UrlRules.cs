namespace McpProbe.Text;

/// <summary>What a URL of a configuration must be. Messages do not quote it: it may hold a credential.</summary>
internal static class UrlRules
{
    /// <summary>Null, or what is wrong with a URL whose path and query may hold references. Which server it names must be plain to see.</summary>
    public static string? MistakeInTemplate(string text, out Uri? url)
    {
        url = null;
        if (!text.Contains("${", StringComparison.Ordinal)) return MistakeIn(text, out url);
        if (!SecretReference.AllValid(text)) return $"holds '${{' that begins no reference; write {SecretReference.Example}";
        if (MistakeIn(SecretReference.Replace(text, "x"), out var one) is { } mistake)
            return IsBeforePath(text) ? BeforePath : mistake;
        // Two values that lead to two servers stand in the scheme, the host or the port.
        if (IsBeforePath(text) || MistakeIn(SecretReference.Replace(text, "7"), out var other) is not null
            || one!.GetLeftPart(UriPartial.Authority) != other!.GetLeftPart(UriPartial.Authority)
            || !Uri.TryCreate(text, UriKind.Absolute, out var template) || template.GetLeftPart(UriPartial.Authority) != one.GetLeftPart(UriPartial.Authority))
            return BeforePath;
        url = template;
        return null;
    }

    private const string BeforePath = "has a reference in its scheme, host or port, which must be written out; references may stand in its path and query";

    private static bool IsBeforePath(string text)
    {
        var host = text.IndexOf("://", StringComparison.Ordinal);
        var end = host < 0 ? -1 : text.AsSpan(host + 3).IndexOfAny('/', '?', '\\');
        return end < 0 || text.IndexOf("${", StringComparison.Ordinal) < host + 3 + end;
    }

    /// <summary>Null, or what is wrong with it.</summary>
    public static string? MistakeIn(string text, out Uri? url)
    {
        url = null;
        if (text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))) return "a URL holds no white space";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var parsed) || parsed.Host.Length == 0 || (parsed.Scheme != Uri.UriSchemeHttp && parsed.Scheme != Uri.UriSchemeHttps))
            return "is not an absolute http or https URL, such as https://example.com/mcp";
        if (parsed.UserInfo.Length > 0 || parsed.Authority.Contains('@', StringComparison.Ordinal))
            return $"a URL holds no user or password; an endpoint takes credentials in 'headers' or 'bearer' as {SecretReference.Example}";
        if (parsed.Port == 0) return "has port 0, where nothing can listen; name the server's port, or leave it out for 80 or 443";
        if (text.Contains('#', StringComparison.Ordinal)) return "a URL to send requests to has no fragment ('#…'); remove it";
        url = parsed;
        return null;
    }
}
