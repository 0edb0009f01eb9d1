using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpProbe.Configuration.Reading;

namespace McpProbe.Endpoints;

/// <summary>The certificates and the key that <see cref="TlsSettings"/> name, read and parsed: ready for a TLS handshake.</summary>
public sealed class TlsMaterial
{
    /// <summary>The system's authorities, and no certificate of our own.</summary>
    public static readonly TlsMaterial Default = new(null, null, "");

    private TlsMaterial(X509Certificate2Collection? authorities, SslStreamCertificateContext? client, string fingerprint) =>
        (Authorities, Client, Fingerprint) = (authorities, client, fingerprint);

    /// <summary>Whom to trust instead of the system's authorities; null for those.</summary>
    internal X509Certificate2Collection? Authorities { get; }

    /// <summary>Our certificate with its key and intermediates; null to show none.</summary>
    internal SslStreamCertificateContext? Client { get; }

    /// <summary>The same for the same texts, and tells nothing of them.</summary>
    internal string Fingerprint { get; }

    /// <summary>
    /// Reads what the settings name and checks that it can be used. For the edges that accept an endpoint, and for each probe:
    /// both refuse the same things in the same words.
    /// </summary>
    /// <param name="secrets">Resolves <c>${env:NAME}</c>; null for a name that is not set.</param>
    /// <returns>The material, or every mistake.</returns>
    public static (TlsMaterial? Material, IReadOnlyList<TlsMistake> Mistakes) Read(TlsSettings settings, Func<string, string?> secrets)
    {
        var texts = TlsTexts.Read(settings, secrets);
        return texts.Mistakes.Count > 0 ? (null, texts.Mistakes) : Parse(texts);
    }

    /// <summary>Whether our certificate is past its time, or before it. A file with such a certificate is no mistake; to probe with it is.</summary>
    public TlsMistake? MistakeAt(DateTimeOffset now) => Client?.TargetCertificate switch
    {
        { } certificate when Utc(certificate.NotAfter) < now => new("certificate",
            string.Create(CultureInfo.InvariantCulture, $"the client certificate expired at {Utc(certificate.NotAfter):u}; renew it")),
        { } certificate when Utc(certificate.NotBefore) > now => new("certificate",
            string.Create(CultureInfo.InvariantCulture, $"the client certificate is not valid before {Utc(certificate.NotBefore):u}; check it and the clock")),
        _ => null,
    };

    /// <summary>For another origin than the endpoint's: the same trust, and nothing that says who we are.</summary>
    internal TlsMaterial WithoutClient() => Client is null ? this : new(Authorities, null, Fingerprint);

    internal static (TlsMaterial? Material, IReadOnlyList<TlsMistake> Mistakes) Parse(TlsTexts texts)
    {
        var mistakes = new List<TlsMistake>();
        var authorities = texts.Ca is null ? null : ReadAuthorities(texts.Ca, mistakes);
        var client = texts.Certificate is null ? null : ReadClient(texts.Certificate, texts.Key, mistakes);
        return mistakes.Count > 0 ? (null, mistakes) : (new TlsMaterial(authorities, client, texts.Fingerprint()), mistakes);
    }

    private static X509Certificate2Collection? ReadAuthorities(string pem, List<TlsMistake> mistakes)
    {
        if (ReadCertificates(pem, "ca", mistakes) is not { } authorities)
            return null;
        // A chain ends at a certificate that issued itself: without one nothing could ever be trusted.
        if (authorities.Any(authority => authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData)))
            return authorities;

        mistakes.Add(new("ca", "holds no root certificate (one that issued itself); add the root to it"));
        return null;
    }

    private static SslStreamCertificateContext? ReadClient(string certificatePem, string? keyPem, List<TlsMistake> mistakes)
    {
        if (ReadCertificates(certificatePem, "certificate", mistakes) is not { } chain)
            return null;

        var keyHolder = keyPem is null ? "certificate" : "key";
        if (KeyMistake(keyPem ?? certificatePem, keyPem is null) is { } mistake)
        {
            mistakes.Add(new(keyHolder, mistake));
            return null;
        }

        try
        {
            var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem ?? certificatePem);
            if (OperatingSystem.IsWindows())
            {
                // SChannel cannot use a key that was never in a key store.
                using var ephemeral = certificate;
                certificate = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null);
            }

            chain[0].Dispose();
            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            mistakes.Add(new(keyHolder, "the private key does not belong to the first certificate, or is of a kind that cannot be used (RSA and ECDSA can); give the certificate's own key"));
            return null;
        }
    }

    private static X509Certificate2Collection? ReadCertificates(string pem, string key, List<TlsMistake> mistakes)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
            if (certificates.Count > 0)
                return certificates;
            mistakes.Add(new(key, "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----); convert it, or name another source"));
        }
        catch (CryptographicException)
        {
            mistakes.Add(new(key, "holds a certificate that is damaged; get it again from whoever issued it"));
        }

        return null;
    }

    private static string? KeyMistake(string pem, bool isCertificateToo)
    {
        const string Unencrypted = "; give it without (openssl pkey -in OLD -out NEW), in a file that only McpProbe's user can read";
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            var label = rest[fields.Label];
            if (label is "ENCRYPTED PRIVATE KEY")
                return "the private key is encrypted with a passphrase" + Unencrypted;
            if (label.EndsWith("PRIVATE KEY"))
                return null;
            rest = rest[fields.Location.End..];
        }

        // The older form of an encrypted key has headers, which RFC 7468 does not know.
        if (pem.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
            return "the private key is encrypted with a passphrase" + Unencrypted;
        return isCertificateToo
            ? "holds no private key; add it, or name its source as 'key'"
            : "holds no private key in PEM form (-----BEGIN PRIVATE KEY-----); convert it, or name another source";
    }

    private static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime());
}

/// <summary>What is wrong with one value of <see cref="TlsSettings"/>.</summary>
/// <param name="Key"><c>ca</c>, <c>certificate</c> or <c>key</c>, as in the probes file.</param>
/// <param name="Message">What to do about it too; begins in lower case and has no full stop, as a <see cref="ConfigError"/>'s.</param>
public sealed record TlsMistake(string Key, string Message);

/// <summary>The PEM texts that an endpoint's settings name, not parsed yet.</summary>
internal sealed record TlsTexts(string? Ca, string? Certificate, string? Key, IReadOnlyList<TlsMistake> Mistakes)
{
    public static TlsTexts Read(TlsSettings settings, Func<string, string?> secrets)
    {
        var mistakes = new List<TlsMistake>();
        if (settings is { Key: not null, Certificate: null })
            mistakes.Add(new("key", "stands without 'certificate'; name the certificate that it belongs to"));
        return new(Text("ca", settings.Ca), Text("certificate", settings.Certificate), Text("key", settings.Key), mistakes);

        string? Text(string key, string? value)
        {
            if (value is null)
                return null;
            var (text, mistake) = PemText.Read(value, secrets);
            if (mistake is not null)
                mistakes.Add(new(key, mistake));
            return text;
        }
    }

    /// <summary>The same for the same texts, and tells nothing of them.</summary>
    public string Fingerprint() => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\0', Ca ?? "-", Certificate ?? "-", Key ?? "-"))));
}
