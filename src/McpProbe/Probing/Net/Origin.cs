namespace McpProbe.Probing.Net;

/// <summary>Scheme, host and port (RFC 6454): what a secret may be sent to is decided by these.</summary>
internal static class Origin
{
    public static bool AreSame(Uri left, Uri right) =>
        left.Scheme == right.Scheme && left.Port == right.Port && left.IdnHost.Equals(right.IdnHost, StringComparison.OrdinalIgnoreCase);

    public static string Of(Uri url) => url.GetLeftPart(UriPartial.Authority);

    /// <summary>Whether nobody on the way can read what is sent there: https, or this machine.</summary>
    public static bool IsSafe(Uri url) => url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);

    /// <summary>A URL that somebody else wrote; null when it is none of http or https, or holds a user name.</summary>
    public static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", UserInfo.Length: 0 } ? url : null;
}
