using System.Net;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Model;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Http;

/// <summary>People sign in with a real provider through the functions' own pipeline; what one instance hands out, another knows.</summary>
public class PeopleSignInTests(Emulators emulators)
{
    private const string Secret = "the-secret-of-the-client-9";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Person_SignedInAtOneInstance_IsKnownAtTheOthersAndInTheAudit()
    {
        var account = await emulators.NewAccountAsync();
        var pages = new Uri($"http://localhost:{RealServer.FreePort()}");
        await using var provider = await RealServers.StartProviderAsync(Secret, new Uri(pages, "/sign-in/callback"));
        (string, string)[] settings =
        [
            ("PublicUrl", pages.GetLeftPart(UriPartial.Authority)), ("MCPPROBE_OIDC_AUTHORITY", provider.Url.GetLeftPart(UriPartial.Authority)),
            ("MCPPROBE_OIDC_CLIENT_ID", "mcpprobe"), ("MCPPROBE_OIDC_CLIENT_SECRET", Secret),
            ("MCPPROBE_OIDC_ADMIN_CLAIM", "groups=mcpprobe-admins"),
        ];
        await using var first = await Head.StartAsync(account, null, settings);
        await using var second = await Head.StartAsync(account, null, settings);
        using var browser = new SignInBrowser(pages);

        await using (await ListenAsync(first, pages))
        {
            var page = await browser.SignInAsync("ann", "/channels");
            Assert.Equal((HttpStatusCode.OK, "/channels"), (page.Status, page.Path));
        }

        await using (await ListenAsync(second, pages))
        {
            using var put = await browser.SendAsync(HttpMethod.Put, "/api/endpoints/new", """{"url":"https://x.example.com/mcp"}""", pages);
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
            // Without the readers' claim, staff that administers nothing is not let in.
            using var other = new SignInBrowser(pages);
            Assert.Equal(HttpStatusCode.Forbidden, (await other.SignInAsync("rob", "/")).Status);
        }

        Assert.Equal(
            [("rob", AuditOutcome.Refused), ("ann", AuditOutcome.Done), ("ann", AuditOutcome.Done)],
            (await first.Store.ReadAuditAsync(null, 10, Cancellation)).Select(line => (line.Who.Subject, line.Outcome)));
    }

    private static Task<StubServer> ListenAsync(Head head, Uri pages)
    {
        var durable = new Courier(head, TimeProvider.System).Client;
        return StubServer.StartAsync(context => Requests.InvokeAsync(head, durable, context), pages.GetLeftPart(UriPartial.Authority));
    }
}
