using System.Net.Http.Headers;
using McpProbe.Model;
using McpProbe.Probing.Deep;
using McpProbe.Probing.Net;
using McpProbe.Probing.OAuth;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Authorization;

/// <summary>
/// Goes the way of a client without a token, up to where it would sign in: the 401, the resource's metadata, its authorization servers',
/// their keys. Nothing of the endpoint's credentials is sent; another origin is asked over https (or on this machine), and at a public
/// address unless the server itself is at a private one.
/// </summary>
internal static class AuthorizationCheck
{
    public static readonly DeepCheck Instance = new("authorization", LookAsync);

    private const string WellKnown = "/.well-known/oauth-protected-resource";

    /// <summary>More are named by nobody who means clients well.</summary>
    private const int MostServers = 2;

    private static async Task<IReadOnlyList<Finding>> LookAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        var facts = await ReadAsync(visit, cancellationToken);
        // Servers can echo what the endpoint's address or headers hold.
        return [.. AuthorizationJudge.Judge(facts).Select(finding => finding with { Message = visit.Run.Redact(finding.Message) })];
    }

    private static async Task<AuthorizationFacts> ReadAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        var run = visit.Run;
        var facts = new AuthorizationFacts(run.Url, Status: 0, BearerChallenge.None)
        {
            Now = run.Time.GetUtcNow(),
            UsesClientCredentials = run.Endpoint.OAuth is not null,
            Credentials = CredentialsOf(visit.Headers),
            TokenLife = visit.Token is { } token ? token.ExpiresAt - token.IssuedAt : null,
        };
        // A GET opens a stream there, and a POST says nothing.
        if (visit.Result.Transport is TransportKind.HttpSse || run.Endpoint.Transport is Endpoints.TransportChoice.Sse)
            return facts;

        var discover = McpRequest.Discover(McpRequest.DiscoverId, ProtocolVersions.NewestStateless);
        using var request = new HttpRequestMessage(HttpMethod.Post, run.Url);
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", discover.ProtocolVersion);
        request.Headers.TryAddWithoutValidation("Mcp-Method", discover.Method);
        request.Content = new ByteArrayContent(discover.ToJson()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        var answer = await visit.SendAsync(request, cancellationToken, withCredentials: false);
        var header = answer.Headers.GetValueOrDefault("WWW-Authenticate") ?? "";
        var challenge = BearerChallenge.Read(header);
        facts = facts with { Status = answer.Status, Challenge = challenge, HasBearerChallenge = header.Contains("Bearer", StringComparison.OrdinalIgnoreCase) };
        if (answer.Status is not (401 or 403))
            return facts;

        if (challenge.ResourceMetadata is { } named && !(Uri.TryCreate(run.Url, named, out var place) && Origin.AreSame(place, run.Url)))
            return facts with { ForeignMetadata = run.Foreign(named) };
        var resource = await ResourceAsync(visit, challenge, cancellationToken);
        facts = facts with { Resource = resource };
        if (resource is null)
            return facts;

        var servers = new List<AuthorizationServerFacts>();
        using var http = new OAuthHttp(Guarded(visit), visit.Target, visit.Tls);
        foreach (var issuer in (resource.Texts("authorization_servers") ?? []).Distinct().Take(MostServers))
            servers.Add(await ServerAsync(issuer, http, run, cancellationToken));
        return facts with { Servers = servers };
    }

    /// <summary>A run whose connections to other origins go to public addresses, unless the server itself is at a private one.</summary>
    private static ProbeRun Guarded(DeepVisit visit)
    {
        var run = visit.Run;
        var isPrivate = visit.Connected is { } address && AddressPolicy.Refusal(address, AddressRule.PublicOnly) is not null;
        return isPrivate ? run : new ProbeRun(run.Endpoint, run.Options with { Addresses = AddressRule.PublicOnly }, run.Time, run.Deadline) { Secrets = run.Secrets, Url = run.Url };
    }

    private static async Task<OAuthDocument?> ResourceAsync(DeepVisit visit, BearerChallenge challenge, CancellationToken cancellationToken)
    {
        var url = visit.Run.Url;
        var path = url.AbsolutePath.TrimEnd('/');
        string[] places = challenge.ResourceMetadata is { } named ? [new Uri(url, named).PathAndQuery]
            : path.Length == 0 ? [WellKnown] : [WellKnown + path, WellKnown];
        foreach (var place in places)
        {
            using var request = Get(new Uri(url, place));
            var answer = await visit.SendAsync(request, cancellationToken, withCredentials: false);
            if (answer.Status == 200 && OAuthDocument.Read(answer.Body) is { } document)
                return document;
        }

        return null;
    }

    private static async Task<AuthorizationServerFacts> ServerAsync(string issuer, OAuthHttp http, ProbeRun run, CancellationToken cancellationToken)
    {
        if (Origin.Parse(issuer) is not { Query.Length: 0, Fragment.Length: 0 } url)
            return new(issuer, "is no URL of an issuer (https, without query and fragment): clients cannot find it", null, null);
        if (!Origin.IsSafe(url))
            return new(issuer, "is not reached by https: clients must not use it", null, null);

        var path = url.AbsolutePath.TrimEnd('/');
        string[] places = path.Length == 0
            ? ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
            : ["/.well-known/oauth-authorization-server" + path, "/.well-known/openid-configuration" + path, path + "/.well-known/openid-configuration"];
        foreach (var place in places)
        {
            using var request = Get(new Uri(url, place));
            if (await http.SendAsync(request, "The authorization server", readBody: true, cancellationToken) is { Refusal: null, Document: { } metadata })
                return new(issuer, null, metadata, await KeysAsync(metadata, http, run, cancellationToken));
        }

        return new(issuer, null, null, null);
    }

    /// <returns>What is wrong with them; null for keys that can be read, and where there are to be none.</returns>
    private static async Task<string?> KeysAsync(OAuthDocument metadata, OAuthHttp http, ProbeRun run, CancellationToken cancellationToken)
    {
        if (metadata.Text("jwks_uri") is not { } text)
            return null;
        if (Origin.Parse(text) is not { } url || !Origin.IsSafe(url))
            return "is no https URL";
        try
        {
            using var request = Get(url);
            var answer = await http.SendAsync(request, "The key set", readBody: true, cancellationToken);
            return answer.Refusal is not null ? $"answers HTTP {answer.Status}"
                : answer.Document?.Count("keys") is > 0 ? null : "holds no keys";
        }
        catch (ProbeFailedException failed) when (failed.Failure.Kind is not FailureKind.Cancelled)
        {
            run.Log($"key set: {failed.Message}");
            return "cannot be reached";
        }
    }

    private static HttpRequestMessage Get(Uri url)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        return request;
    }

    /// <summary>When the endpoint's own bearer token ends, where it says so itself: a JWT's <c>exp</c> (RFC 7519, 4.1.4).</summary>
    private static List<(string What, DateTimeOffset ExpiresAt)> CredentialsOf(RequestHeaders headers)
    {
        const string Bearer = "Authorization:Bearer ";
        var found = new List<(string, DateTimeOffset)>();
        foreach (var line in headers.Lines)
        {
            if (line.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && ExpiryOf(line[Bearer.Length..]) is { } ends)
                found.Add(("bearer token", ends));
        }

        return found;
    }

    private static DateTimeOffset? ExpiryOf(string token)
    {
        if (token.Split('.') is not [_, var payload, _] || payload.Length is 0 or > 16 * 1024)
            return null;
        var base64 = payload.Replace('-', '+').Replace('_', '/');
        var bytes = new byte[payload.Length];
        if (!Convert.TryFromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '='), bytes, out var length)
            || OAuthDocument.Read(bytes.AsMemory(0, length))?.Number("exp") is not { } seconds || seconds is not (> 0 and < 253_402_300_799))
            return null;
        return DateTimeOffset.FromUnixTimeSeconds((long)seconds);
    }
}
