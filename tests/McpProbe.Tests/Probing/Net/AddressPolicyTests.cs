using System.Net;
using McpProbe.Probing.Net;
using McpProbe.Probing.Run;

namespace McpProbe.Tests.Probing.Net;

public class AddressPolicyTests
{
    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.250")]
    [InlineData("255.255.255.255")]
    [InlineData("168.63.129.16")]
    [InlineData("100.100.100.200")]
    [InlineData("192.0.0.192")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("ff02::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd20:ce::254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::ffff:0.0.0.0")]
    [InlineData("::169.254.169.254")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("2002:a9fe:a9fe::1%3")]
    [InlineData("::ffff:0:169.254.169.254")]
    [InlineData("::ffff:0:a9fe:a9fe")]
    [InlineData("::ffff:0:0:0")]
    [InlineData("64:ff9b::0.0.0.0")]
    [InlineData("64:ff9b:1:a9fe:a9:fe00::")]
    [InlineData("64:ff9b:1:a9fe:a9:fe12:3456:789a")]
    [InlineData("64:ff9b:1:a9fe:ffa9:fe00::")]
    [InlineData("64:ff9b:1:a9:fe:a9fe::")]
    [InlineData("64:ff9b:1:12a9:fe:a9fe::")]
    [InlineData("64:ff9b:1:1234:a9:fea9:fe00:0")]
    [InlineData("64:ff9b:1::169.254.169.254")]
    [InlineData("64:ff9b:1:1234:0:5678:a9fe:a9fe")]
    [InlineData("64:ff9b:1::168.63.129.16")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2001:0:a9fe:a9fe::1")]
    [InlineData("2001:0:4136:e378:8000:63bf:5601:5601")]
    [InlineData("2606:4700::5efe:169.254.169.254")]
    [InlineData("2606:4700::200:5efe:169.254.169.254")]
    [InlineData("fd12:3456::5efe:100.100.100.200")]
    public void Refusal_LinkLocalUnspecifiedMulticastOrMetadata_IsRefusedByBothRules(string address)
    {
        Assert.NotNull(AddressPolicy.Refusal(IPAddress.Parse(address), AddressRule.AllowPrivate));
        Assert.NotNull(AddressPolicy.Refusal(IPAddress.Parse(address), AddressRule.PublicOnly));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.255")]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("192.0.2.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("240.0.0.1")]
    [InlineData("::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fec0::1")]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2")]
    [InlineData("2001:0:4136:e378:8000:63bf:f5ff:fffe")]
    [InlineData("2001:0:a00:1:8000:63bf:3eb7:fdd2")]
    [InlineData("2001:2::1")]
    [InlineData("2001:db8::1")]
    [InlineData("3fff::1")]
    [InlineData("100::1")]
    [InlineData("64:ff9b:1::1.1.1.1")]
    [InlineData("64:ff9b:1::10.0.0.1")]
    [InlineData("64:ff9b:1:a00:0:100::")]
    [InlineData("64:ff9b:2::1.1.1.1")]
    [InlineData("::ffff:0:10.0.0.1")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("2606:4700::5efe:10.0.0.1")]
    [InlineData("2606:4700::200:5efe:192.168.1.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::10.0.0.1")]
    [InlineData("64:ff9b::192.168.1.1")]
    [InlineData("2002:7f00:1::1")]
    public void Refusal_NotPublic_IsRefusedByPublicOnlyAlone(string address)
    {
        Assert.Null(AddressPolicy.Refusal(IPAddress.Parse(address), AddressRule.AllowPrivate));
        Assert.NotNull(AddressPolicy.Refusal(IPAddress.Parse(address), AddressRule.PublicOnly));
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("168.63.129.17")]
    [InlineData("2606:4700::1")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("64:ff9b::1.1.1.1")]
    [InlineData("::ffff:0:1.1.1.1")]
    [InlineData("2606:4700::5efe:1.1.1.1")]
    [InlineData("2002:101:101::1")]
    public void Refusal_Public_IsAllowedByBothRules(string address)
    {
        Assert.Null(AddressPolicy.Refusal(IPAddress.Parse(address), AddressRule.AllowPrivate));
        Assert.Null(AddressPolicy.Refusal(IPAddress.Parse(address), AddressRule.PublicOnly));
    }
}
