using McpProbe.Endpoints;
using McpProbe.Testing;
using McpProbe.Tests.Probing.Net;

namespace McpProbe.Tests.Endpoints;

public class TlsMaterialTests
{
    private static readonly TestAuthority Authority = new();
    private static readonly TestAuthority.Leaf Leaf = Authority.Issue("client");

    private static (TlsMaterial? Material, IReadOnlyList<TlsMistake> Mistakes) Read(string? ca = null, string? certificate = null, string? key = null)
    {
        // Each text under a name of its own, as variables.
        var variables = new Dictionary<string, string?> { ["CA"] = ca, ["CERTIFICATE"] = certificate, ["KEY"] = key };
        return TlsMaterial.Read(
            new TlsSettings
            {
                Ca = ca is null ? null : "${env:CA}",
                Certificate = certificate is null ? null : "${env:CERTIFICATE}",
                Key = key is null ? null : "${env:KEY}",
            },
            variables.GetValueOrDefault);
    }

    [Fact]
    public void Read_Texts_GivesAuthoritiesAndTheClientWithItsIntermediate()
    {
        var (material, mistakes) = Read(Authority.RootPem, Leaf.Pem, Leaf.KeyPem);

        Assert.Empty(mistakes);
        Assert.Equal("CN=Test root", Assert.Single(material!.Authorities!).Subject);
        Assert.Equal("CN=client", material.Client!.TargetCertificate.Subject);
        Assert.True(material.Client.TargetCertificate.HasPrivateKey);
        Assert.Equal("CN=Test intermediate", Assert.Single(material.Client.IntermediateCertificates).Subject);
        Assert.Null(material.WithoutClient().Client);
        Assert.Same(material.Authorities, material.WithoutClient().Authorities);
    }

    [Fact]
    public void Read_CertificateAndKeyInOneText_IsUsed()
    {
        var (material, mistakes) = Read(certificate: Leaf.KeyPem + "a comment\n" + Leaf.Pem);

        Assert.Empty(mistakes);
        Assert.True(material!.Client!.TargetCertificate.HasPrivateKey);
    }

    [Fact]
    public void Read_Nothing_IsTheSystemsTrust()
    {
        var (material, mistakes) = TlsMaterial.Read(TlsSettings.Default, _ => null);

        Assert.Empty(mistakes);
        Assert.Equal((null, null), (material!.Authorities, material.Client));
    }

    public static TheoryData<string?, string?, string?, string, string> Mistakes
    {
        get
        {
            var other = Authority.Issue("other");
            var elliptic = Authority.Issue("elliptic", rsa: false);
            const string Damaged = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
            const string OldEncrypted = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
            return new()
            {
                { "not PEM", null, null, "ca", "holds no certificate in PEM form" },
                { Damaged, null, null, "ca", "holds a certificate that is damaged" },
                { Authority.Intermediate.ExportCertificatePem(), null, null, "ca", "holds no root certificate" },
                { null, "not PEM", Leaf.KeyPem, "certificate", "holds no certificate in PEM form" },
                { null, Damaged, Leaf.KeyPem, "certificate", "holds a certificate that is damaged" },
                { null, Leaf.Pem, null, "certificate", "holds no private key; add it, or name its source as 'key'" },
                { null, Leaf.Pem, "not PEM", "key", "holds no private key in PEM form" },
                { null, Leaf.Pem, Leaf.Pem, "key", "holds no private key in PEM form" },
                { null, Leaf.Pem, Leaf.EncryptedKeyPem, "key", "is encrypted with a passphrase" },
                { null, Leaf.Pem, OldEncrypted, "key", "is encrypted with a passphrase" },
                { null, Leaf.Pem + Leaf.EncryptedKeyPem, null, "certificate", "is encrypted with a passphrase" },
                { null, Leaf.Pem, other.KeyPem, "key", "does not belong to the first certificate" },
                { null, Leaf.Pem, elliptic.KeyPem, "key", "does not belong to the first certificate" },
                { null, Leaf.Pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "key", "does not belong to the first certificate" },
                { null, null, Leaf.KeyPem, "key", "stands without 'certificate'" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Read_Unusable_SaysWhichAndWhy(string? ca, string? certificate, string? key, string mistakenKey, string message)
    {
        var (material, mistakes) = Read(ca, certificate, key);

        Assert.Null(material);
        var mistake = Assert.Single(mistakes);
        Assert.Equal(mistakenKey, mistake.Key);
        Assert.Contains(message, mistake.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("MII", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SourcesThatCannotBeRead_NamesThemAll()
    {
        using var directory = new TempDirectory();
        var empty = directory.File("empty.pem");
        File.WriteAllText(empty, "");

        var (_, mistakes) = TlsMaterial.Read(
            new TlsSettings { Ca = directory.File("missing.pem"), Certificate = "${env:NOPE}", Key = empty }, _ => null);
        var (_, directoryMistakes) = TlsMaterial.Read(new TlsSettings { Ca = directory.Path }, _ => null);

        Assert.Equal(["ca", "certificate", "key"], mistakes.Select(mistake => mistake.Key));
        Assert.Equal($"the file '{directory.File("missing.pem")}' does not exist; correct the path, which counts from the root", mistakes[0].Message);
        Assert.Equal("needs the environment variable NOPE, which is not set; set it for the prober, or NOPE_FILE to the path of a file that holds it", mistakes[1].Message);
        Assert.Equal($"the file '{empty}' is empty, or no ordinary file; write the PEM text into it", mistakes[2].Message);
        Assert.Equal("ca", Assert.Single(directoryMistakes).Key);
    }

    [Theory]
    [InlineData("2019-12-31T23:59:00Z", "is not valid before 2020-01-01")]
    [InlineData("2030-01-01T00:00:00Z", null)]
    [InlineData("2040-01-01T00:01:00Z", "expired at 2040-01-01")]
    public void MistakeAt_Instant_SaysWhetherTheCertificateIsInItsTime(string now, string? message)
    {
        var (material, _) = Read(certificate: Leaf.Pem, key: Leaf.KeyPem);

        var mistake = material!.MistakeAt(DateTimeOffset.Parse(now, null));

        Assert.Equal(message is null ? null : "certificate", mistake?.Key);
        Assert.Contains(message ?? "", mistake?.Message ?? "", StringComparison.Ordinal);
    }
}
