using System.Net;
using McpProbe.Text;

namespace McpProbe.Endpoints;

/// <summary>
/// The URL of an endpoint, whose path and query may hold secrets: as references (<c>${env:NAME}</c>), or written out, which many
/// servers ask for (<c>?apiKey=…</c>).
/// </summary>
internal static class UrlText
{
    /// <summary>As it may be shown: no secret, no name of one, and nothing of its query.</summary>
    public static string Shown(Uri url)
    {
        var text = WithoutUser(url);
        if (text.Contains("${", StringComparison.Ordinal))
            text = SecretReference.Replace(text, SecretReference.Redacted);
        return text.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? $"{text[..(query + 1)]}{SecretReference.Redacted}" : text;
    }

    /// <summary>Scheme, host and port.</summary>
    public static string Origin(Uri url) => url.GetLeftPart(UriPartial.Authority) is var origin && url.UserInfo.Length == 0
        ? origin
        : url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    /// <summary>Puts the secrets in, each as one piece of the path or the query, whatever characters it has (RFC 3986, 2.1).</summary>
    /// <param name="mistake">What is wrong, without the value; null when nothing is.</param>
    public static Uri? Resolve(Uri url, Func<string, string?> secrets, out string? mistake)
    {
        var text = url.OriginalString;
        mistake = null;
        if (!SecretReference.IsIn(text))
            return url;

        if (!SecretReference.TryResolve(text, name => secrets(name) is { Length: > 0 } value ? Uri.EscapeDataString(value) : null, out var resolved, out var missing))
            mistake = $"needs {SecretReference.WhyMissing(missing!)}";
        else if (HasDotSegment(resolved) && !HasDotSegment(SecretReference.Replace(text, "x")))
            mistake = "would be another one with the secret in its path, which is '.' or '..'; correct the value";
        else if (Uri.TryCreate(resolved, UriKind.Absolute, out var whole))
            return whole;
        else
            mistake = "is none with the secret in it; correct the value";
        return null;
    }

    /// <summary>What a resolved secret can look like where somebody repeats the URL: as it is, and in each way that programs escape it.</summary>
    public static IEnumerable<string> Spellings(string secret)
    {
        var escaped = Uri.EscapeDataString(secret);
        return new[]
        {
            secret, escaped, LowerHex(escaped), WebUtility.UrlEncode(secret), Uri.EscapeDataString(escaped),
            // As a browser's encodeURIComponent.
            escaped.Replace("%21", "!", StringComparison.Ordinal).Replace("%27", "'", StringComparison.Ordinal).Replace("%28", "(", StringComparison.Ordinal)
                .Replace("%29", ")", StringComparison.Ordinal).Replace("%2A", "*", StringComparison.Ordinal),
        }.Distinct();
    }

    /// <summary>The query, and each of its values, which a server's words may repeat and no message may show.</summary>
    public static IEnumerable<string> PartsOfQuery(Uri url)
    {
        var text = url.OriginalString;
        if (text.IndexOf('?', StringComparison.Ordinal) is not (>= 0 and var at))
            return [];
        var query = text[(at + 1)..];
        var values = query.Split('&', ';').Select(pair => pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        return values.Prepend(query).SelectMany(value => new[] { value, Uri.UnescapeDataString(value) }).Where(value => !SecretReference.IsIn(value)).Distinct();
    }

    /// <summary>
    /// Scheme, host, port and path up to the first segment that holds a reference: what may be told to another origin, such as an
    /// authorization server.
    /// </summary>
    public static Uri WithoutSecrets(Uri url)
    {
        var text = url.OriginalString;
        if (!SecretReference.IsIn(text))
            return url;
        var path = text[..text.IndexOf("${", StringComparison.Ordinal)];
        return path.Contains('?', StringComparison.Ordinal) ? new Uri(path[..path.IndexOf('?', StringComparison.Ordinal)]) : new Uri(path[..(path.LastIndexOf('/') + 1)]);
    }

    private static string WithoutUser(Uri url) => url.UserInfo.Length == 0 ? url.OriginalString
        : url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped);

    private static bool HasDotSegment(string url) => url.Split('?')[0].Split('/', '\\').Any(segment =>
        segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..");

    private static string LowerHex(string escaped)
    {
        var characters = escaped.ToCharArray();
        for (var i = 0; i + 2 < characters.Length; i++)
        {
            if (characters[i] != '%')
                continue;
            characters[i + 1] = char.ToLowerInvariant(characters[i + 1]);
            characters[i + 2] = char.ToLowerInvariant(characters[i + 2]);
        }

        return new string(characters);
    }
}
