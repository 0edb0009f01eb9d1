using McpProbe.Testing;
using McpProbe.Text;

namespace McpProbe.Tests.Text;

public class SecretReferenceTests
{
    private static string? Secrets(string name) => name switch { "KEY" => "k1", "TOKEN" => "t${env:KEY}", "EMPTY" => "", _ => null };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("${env:KEY}", "k1")]
    [InlineData("a ${env:KEY} b ${env:KEY}", "a k1 b k1")]
    [InlineData("${env:TOKEN}", "t${env:KEY}")] // a value is never read again
    [InlineData("$env:KEY ${KEY}", "$env:KEY ${KEY}")]
    public void TryResolve_KnownNames_PutsTheValuesIn(string text, string expected)
    {
        Assert.True(SecretReference.TryResolve(text, Secrets, out var value, out var missing));
        Assert.Equal(expected, value);
        Assert.Null(missing);
    }

    [Theory]
    [InlineData("${env:NOPE}", "NOPE")]
    [InlineData("${env:KEY} ${env:EMPTY}", "EMPTY")]
    [InlineData("${env:}", "${env:}")]
    [InlineData("x${env:KEY", "${env:KEY")]
    public void TryResolve_MissingName_NamesItAndGivesNoValue(string text, string expected)
    {
        Assert.False(SecretReference.TryResolve(text, Secrets, out var value, out var missing));
        Assert.Equal("", value);
        Assert.Equal(expected, missing);
    }

    [Theory]
    [InlineData("MCPPROBE_API_KEY")]
    [InlineData("mcpprobe_api_key")]
    [InlineData("IDENTITY_HEADER")]
    [InlineData("AzureWebJobsStorage")]
    [InlineData("WEBSITE_AUTH_ENCRYPTION_KEY")]
    [InlineData("Store")]
    [InlineData("Channels__ops__secret")]
    [InlineData("AZURE_FEDERATED_TOKEN")]
    [InlineData("AWS_WEB_IDENTITY_TOKEN")]
    public void FromEnvironment_McpProbesOwnVariable_IsNotGivenAway(string name)
    {
        // The environment is the process's; no other test reads these names.
        using var file = new TempDirectory();
        File.WriteAllText(file.File("secret"), "secret");
        Environment.SetEnvironmentVariable(name, "secret");

        Assert.Null(SecretReference.FromEnvironment(name));
        Environment.SetEnvironmentVariable(name, null);
        Environment.SetEnvironmentVariable(name + "_FILE", file.File("secret"));
        Assert.Null(SecretReference.FromEnvironment(name));
        Assert.Equal($"the environment variable {name}, which is McpProbe's own and for no endpoint to use; name another", SecretReference.WhyMissing(name));
    }

    [Theory]
    [InlineData("value", "value")]
    [InlineData("value\n", "value")]
    [InlineData("value\r\n", "value")]
    [InlineData("two\nlines\n\n", "two\nlines\n")]
    [InlineData("\uFEFFvalue", "value")]
    [InlineData(" ${env:HOME} ", " ${env:HOME} ")] // a value is never read again
    public void FromEnvironment_FileVariable_IsWhatStandsInTheFile(string content, string expected)
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory.File("secret"), content);
        Environment.SetEnvironmentVariable("SECRET_REFERENCE_TESTS_KEY_FILE", directory.File("secret"));

        Assert.Equal(expected, SecretReference.FromEnvironment("SECRET_REFERENCE_TESTS_KEY"));
    }

    [Fact]
    public void FromEnvironment_VariableAndItsFile_IsTheVariable()
    {
        Environment.SetEnvironmentVariable("SECRET_REFERENCE_TESTS_BOTH", "value");
        Environment.SetEnvironmentVariable("SECRET_REFERENCE_TESTS_BOTH_FILE", "/no/such/file");

        Assert.Equal("value", SecretReference.FromEnvironment("SECRET_REFERENCE_TESTS_BOTH"));
    }

    [Theory]
    [InlineData(null, "does not exist")]
    [InlineData(0, "is empty, or no ordinary file")]
    [InlineData((64 << 10) + 1, "is larger than 64 KiB")]
    [InlineData(-1, "is a directory")]
    public void FromEnvironment_FileThatCannotBeUsed_IsMissingAndTheFileVariableIsNamed(int? length, string fault)
    {
        using var directory = new TempDirectory();
        var path = length is -1 ? directory.Path : directory.File("secret");
        if (length >= 0)
            File.WriteAllText(path, new string('a', length.Value));
        Environment.SetEnvironmentVariable("SECRET_REFERENCE_TESTS_FAULT_FILE", path);

        Assert.Null(SecretReference.FromEnvironment("SECRET_REFERENCE_TESTS_FAULT"));
        Assert.Equal(
            $"the file that the environment variable SECRET_REFERENCE_TESTS_FAULT_FILE names, which {fault}; put the secret there, for the prober to read",
            SecretReference.WhyMissing("SECRET_REFERENCE_TESTS_FAULT"));
    }

    [Fact]
    public void FromEnvironment_LargestFile_IsRead()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory.File("secret"), new string('a', 64 << 10));
        Environment.SetEnvironmentVariable("SECRET_REFERENCE_TESTS_LARGE_FILE", directory.File("secret"));

        Assert.Equal(64 << 10, SecretReference.FromEnvironment("SECRET_REFERENCE_TESTS_LARGE")?.Length);
    }

    [Fact]
    public void FromEnvironment_AnyOtherVariable_IsItsValue()
    {
        Environment.SetEnvironmentVariable("SECRET_REFERENCE_TESTS_TOKEN", "value");

        Assert.Equal("value", SecretReference.FromEnvironment("SECRET_REFERENCE_TESTS_TOKEN"));
    }
}
