using McpProbe.Endpoints;
using McpProbe.Probing.Protocol;

namespace McpProbe.Tests.Probing.Protocol;

public class RequestHeadersTests
{
    [Theory]
    [InlineData("X-Team", "search", "")]
    [InlineData("X-Team", "team-${env:NAME}", "from-the-environment")]
    [InlineData("X-Api-Key", "literal-key", "literal-key")]
    [InlineData("Authorization", "Basic ${env:NAME}", "Basic from-the-environment|from-the-environment")]
    public void Resolve_Headers_TakesCredentialsForSecretsAndNothingElse(string name, string value, string secrets)
    {
        var endpoint = new Endpoint { Id = "target", Url = new Uri("https://mcp.example.com/mcp"), Headers = new Dictionary<string, string> { [name] = value } };

        var headers = RequestHeaders.Resolve(endpoint, _ => "from-the-environment");

        Assert.Equal(secrets, string.Join('|', headers.Secrets));
    }
}
