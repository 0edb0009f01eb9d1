using System.Buffers.Text;
using System.Text;
using Azure.Core;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>Issues tokens as Entra ID issues them for storage, but for the signature, which the emulator does not check.</summary>
/// <param name="audience">The service that the token is for.</param>
public sealed class TestCredential(string audience = TestCredential.Storage) : TokenCredential
{
    private const string Storage = "https://storage.azure.com";
    private const string Tenant = "8e3f1f9c-8f0d-4f5a-9d68-0d8f2f6f0a11";

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetUtcNow();
        var expires = now.AddHours(1);
        var payload = $$"""
            {"aud":"{{audience}}","iss":"https://sts.windows.net/{{Tenant}}/","nbf":{{now.AddMinutes(-5).ToUnixTimeSeconds()}},"iat":{{now.AddMinutes(-5).ToUnixTimeSeconds()}},"exp":{{expires.ToUnixTimeSeconds()}},"tid":"{{Tenant}}"}
            """;
        return new AccessToken($"{Part("""{"alg":"HS256","typ":"JWT"}""")}.{Part(payload)}.{Part("unsigned")}", expires);
    }

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        ValueTask.FromResult(GetToken(requestContext, cancellationToken));

    private static string Part(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
