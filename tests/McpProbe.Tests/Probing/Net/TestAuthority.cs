using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace McpProbe.Tests.Probing.Net;

/// <summary>A certificate authority of the test's own: a root, an intermediate below it, and what the intermediate issues.</summary>
internal sealed class TestAuthority
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset To = new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly RSA _intermediateKey = RSA.Create(2048);

    private readonly DateTimeOffset _leafTo;

    /// <param name="rootTo">When the root ends, and so on.</param>
    public TestAuthority(
        string name = "Test", DateTimeOffset? rootTo = null, DateTimeOffset? intermediateFrom = null, DateTimeOffset? intermediateTo = null, DateTimeOffset? leafTo = null)
    {
        _leafTo = leafTo ?? To;
        var root = new CertificateRequest($"CN={name} root", _rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Root = root.CreateSelfSigned(From, rootTo ?? To);

        var intermediate = new CertificateRequest($"CN={name} intermediate", _intermediateKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        intermediate.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Intermediate = intermediate.Create(Root.SubjectName, X509SignatureGenerator.CreateForECDsa(_rootKey), intermediateFrom ?? From, intermediateTo ?? To, Serial());
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Intermediate { get; }

    public string RootPem => Root.ExportCertificatePem() + "\n";

    /// <summary>A leaf for a server at 127.0.0.1 (or another host) or a client, its intermediate after it, and its PKCS #8 key.</summary>
    /// <param name="chained">Issued by the intermediate; else by the root itself.</param>
    public Leaf Issue(string name, bool rsa = true, DateTimeOffset? notAfter = null, string? host = null, bool chained = true)
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA rsaKey
            ? new CertificateRequest($"CN={name}", rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest($"CN={name}", (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (host is null)
            names.AddIpAddress(IPAddress.Loopback);
        else
            names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var leaf = chained
            ? request.Create(Intermediate.SubjectName, X509SignatureGenerator.CreateForRSA(_intermediateKey, RSASignaturePadding.Pkcs1), From, notAfter ?? _leafTo, Serial())
            : request.Create(Root.SubjectName, X509SignatureGenerator.CreateForECDsa(_rootKey), From, notAfter ?? _leafTo, Serial());
        return new Leaf(
            leaf.ExportCertificatePem() + "\n" + (chained ? Intermediate.ExportCertificatePem() + "\n" : ""),
            key.ExportPkcs8PrivateKeyPem() + "\n",
            key.ExportEncryptedPkcs8PrivateKeyPem("pass", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000)) + "\n");
    }

    private static byte[] Serial() => [1, .. RandomNumberGenerator.GetBytes(8)];

    internal sealed record Leaf(string Pem, string KeyPem, string EncryptedKeyPem);
}
