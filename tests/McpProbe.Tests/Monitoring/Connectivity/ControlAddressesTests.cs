using McpProbe.Monitoring.Connectivity;

namespace McpProbe.Tests.Monitoring.Connectivity;

public class ControlAddressesTests
{
    [Theory]
    [InlineData("none", "none")]
    [InlineData("one.one.one.one:443,dns.google:443", ControlAddresses.DefaultText)]
    [InlineData("10.0.0.1:53", "10.0.0.1:53")]
    [InlineData("[2001:db8::1]:443 , a.example:80", "[2001:db8::1]:443,a.example:80")]
    public void Parse_Addresses_AreThose(string text, string expected)
    {
        var addresses = ControlAddresses.Parse(text, out var mistake);

        Assert.Null(mistake);
        Assert.Equal(expected, addresses!.ToString());
    }

    [Theory]
    [InlineData("", "''")]
    [InlineData("dns.google", "'dns.google'")]
    [InlineData("dns.google:443,", "''")]
    [InlineData("dns.google:443,none", "'none'")]
    [InlineData("https://dns.google:443", "'https://dns.google:443'")]
    [InlineData("user@dns.google:443", "'user@dns.google:443'")]
    [InlineData("dns.google:0", "'dns.google:0'")]
    [InlineData("dns.google:70000", "'dns.google:70000'")]
    public void Parse_AMistake_SaysWhichPart(string text, string says)
    {
        Assert.Null(ControlAddresses.Parse(text, out var mistake));
        Assert.Contains(says, mistake, StringComparison.Ordinal);
        Assert.Contains("host:port", mistake, StringComparison.Ordinal);
    }
}
