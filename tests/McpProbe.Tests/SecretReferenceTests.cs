namespace McpProbe.Tests;

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
    public void FromEnvironment_McpProbesOwnVariable_IsNotGivenAway(string name)
    {
        // The environment is the process's; no other test reads these names.
        Environment.SetEnvironmentVariable(name, "secret");

        Assert.Null(SecretReference.FromEnvironment(name));
    }

    [Fact]
    public void FromEnvironment_AnyOtherVariable_IsItsValue()
    {
        Environment.SetEnvironmentVariable("SECRET_REFERENCE_TESTS_TOKEN", "value");

        Assert.Equal("value", SecretReference.FromEnvironment("SECRET_REFERENCE_TESTS_TOKEN"));
    }
}
