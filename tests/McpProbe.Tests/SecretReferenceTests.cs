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
}
