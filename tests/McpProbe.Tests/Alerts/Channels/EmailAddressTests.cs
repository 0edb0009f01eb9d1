using McpProbe.Alerts.Channels;

namespace McpProbe.Tests.Alerts.Channels;

public class EmailAddressTests
{
    public static TheoryData<string, bool> Addresses => new()
    {
        { "a@example.com", true },
        { "first.last+tag@mail.example.co.uk", true },
        { "o'brien=x{y}@example.com", true },
        { "root@localhost", true },
        { "a@xn--bcher-kva.example", true },
        { new string('a', 64) + "@example.com", true },
        { new string('a', 65) + "@example.com", false },
        { "a@" + new string('b', 63) + ".com", true },
        { "a@" + new string('b', 64) + ".com", false },
        { "a@" + string.Join('.', Enumerable.Repeat(new string('b', 63), 4)), false },
        { "", false },
        { "@", false },
        { "a@", false },
        { "@example.com", false },
        { "example.com", false },
        { "a@b@example.com", false },
        { ".a@example.com", false },
        { "a..b@example.com", false },
        { "a.@example.com", false },
        { "a@example..com", false },
        { "a@example.com.", false },
        { "a@-example.com", false },
        { "a@exam_ple.com", false },
        { "a@[127.0.0.1]", false },
        { "\"a b\"@example.com", false },
        { "a b@example.com", false },
        { "A <a@example.com>", false },
        { "a@example.com, b@example.com", false },
        { "a@example.com\r\nBcc: b@example.com", false },
        { "a@example.com\n", false },
        { "a@exämple.com", false },
        { "ä@example.com", false },
    };

    [Theory]
    [MemberData(nameof(Addresses))]
    public void IsValid_Address_IsAsItStands(string address, bool valid) => Assert.Equal(valid, EmailAddress.IsValid(address));
}
