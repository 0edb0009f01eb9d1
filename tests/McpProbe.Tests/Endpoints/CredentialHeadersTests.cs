using McpProbe.Endpoints;

namespace McpProbe.Tests.Endpoints;

public class CredentialHeadersTests
{
    [Theory]
    [InlineData("Authorization", true)]
    [InlineData("proxy-authorization", true)]
    [InlineData("Cookie", true)]
    [InlineData("X-Api-Key", true)]
    [InlineData("api_key", true)]
    [InlineData("X-Auth-Token", true)]
    [InlineData("Ocp-Apim-Subscription-Key", true)]
    [InlineData("x-functions-key", true)]
    [InlineData("X-Team", false)]
    [InlineData("X-Author", false)]
    [InlineData("Idempotency-Key", false)]
    [InlineData("Key", false)]
    public void Contains_Header_IsByItsWords(string header, bool credential) =>
        Assert.Equal(credential, CredentialHeaders.Contains(header));
}
