using System.Security.Cryptography;

namespace McpProbe.Probing.Net;

/// <summary>The alert by which a server ends a TLS handshake (RFC 8446, 6.2).</summary>
internal static class TlsAlert
{
    /// <summary>OpenSSL's library number of its TLS half, and the reason code of alert 0 there.</summary>
    private const int SslLibrary = 20, FirstReason = 1000;

    /// <summary>
    /// The name of the alert that says a server does not take the client's certificate, or its absence; null for other errors. A
    /// server of TLS 1.3 judges it after its own part of the handshake, so the alert may come with the first read.
    /// </summary>
    public static string? AboutOurCertificate(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is CryptographicException && OfOpenSsl(error.HResult) is { } alert)
                return alert;
        }

        return null;
    }

    /// <summary>Whether a server accepts none of the protocols that were offered to it in the handshake (RFC 7301): it speaks HTTP/2 only.</summary>
    public static bool IsAboutProtocol(Exception? error)
    {
        const int NoApplicationProtocol = 120;
        for (; error is not null; error = error.InnerException)
        {
            if (error is CryptographicException && AlertOf(error.HResult) == NoApplicationProtocol)
                return true;
        }

        return false;
    }

    // Only a client's certificate can be meant: these come from the server. OpenSSL 3 has the library in other bits than 1.1.1.
    private static int? AlertOf(int code) =>
        (code >> 23 & 0xFF) != SslLibrary && (code >> 24 & 0xFF) != SslLibrary ? null : (code & 0xFFF) - FirstReason;

    private static string? OfOpenSsl(int code) => AlertOf(code) switch
    {
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        48 => "unknown_ca",
        49 => "access_denied",
        116 => "certificate_required",
        _ => null,
    };
}
