using System.Net;
using System.Net.Http.Headers;
using McpProbe.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Access;

/// <summary>
/// The one access rule of both heads. With a key: open routes show what is public; everything else needs a key, in a header or
/// through the cookie of a sign-in. The read key, and a person who may read, change nothing. Without a key: requests must name the
/// loopback interface as their host and come straight, so that neither a web page (through a name that it resolves to 127.0.0.1)
/// nor a proxy reaches in from elsewhere, and then everything shows.
/// </summary>
internal sealed class AccessControl
{
    internal static readonly TimeSpan SessionLength = TimeSpan.FromDays(14);

    private readonly WebOptions _options;
    private readonly TimeProvider _time;
    private readonly List<(ApiKey Key, Role Role, Actor Who)> _keys = [];

    /// <exception cref="ArgumentException">The keys are not as <see cref="AccessKeys"/> demands.</exception>
    internal AccessControl(WebOptions options, TimeProvider time)
    {
        if (AccessKeys.MistakesIn(options.ApiKey, options.ReadKey).FirstOrDefault() is { Setting: { } setting, What: var what })
            throw new ArgumentException($"{setting} {what}.", nameof(options));
        (_options, _time) = (options, time);
        if (options.ApiKey is { } apiKey)
            _keys.Add((new ApiKey(apiKey), Role.Administrator, new Actor(ActorKind.ApiKey)));
        if (options.ReadKey is { } readKey)
            _keys.Add((new ApiKey(readKey), Role.Reader, new Actor(ActorKind.ReadKey)));
    }

    internal bool HasKey => _keys.Count > 0;

    /// <summary>A name with this prefix is taken by browsers from us alone, over TLS, for all paths (RFC 6265bis, 4.1.3.2).</summary>
    internal static string CookieName(HttpRequest request) => request.IsHttps ? "__Host-mcpprobe" : "mcpprobe";

    internal AccessDecision Decide(HttpContext context, EndpointMetadataCollection? route)
    {
        var request = context.Request;
        var isSafe = IsSafe(request);
        var reads = isSafe || route?.GetMetadata<ReadsByPost>() is not null;
        var origin = Origins.Check(request, _options.PublicUrl);
        if (!HasKey)
            return DecideWithoutKey(context, origin);

        if (HeaderKey(request) is { } candidate)
        {
            return Find(candidate) is { } known
                ? Within(Viewer.Of(known.Role, signedIn: false, known.Who), reads, route)
                : AccessDecision.WrongKey;
        }

        if (!isSafe && origin is OriginCheck.Other)
            return AccessDecision.CrossOrigin;

        if (FindSession(context) is { } viewer)
        {
            // A browser always says where a form or a script that changes something comes from.
            return isSafe || origin is OriginCheck.Same ? Within(viewer, reads, route) : AccessDecision.CrossOrigin;
        }

        return IsOpen(route)
            ? AccessDecision.Allow(Viewer.Public)
            : AccessDecision.Refuse(
                StatusCodes.Status401Unauthorized,
                "This needs a key. Send it as 'Authorization: Bearer <key>' or 'X-Api-Key: <key>', or sign in at /sign-in.");
    }

    /// <summary>A session for whoever knows a key, as a cookie's value; null for a wrong key.</summary>
    internal (string Session, Actor Who)? TrySignIn(string candidate) =>
        Find(candidate) is { } known ? (known.Key.CreateSession(_time.GetUtcNow() + SessionLength), known.Who) : null;

    /// <summary>Whether a request asks to see, by its method (RFC 9110, 9.2.1).</summary>
    internal static bool IsSafe(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);

    private AccessDecision DecideWithoutKey(HttpContext context, OriginCheck origin)
    {
        if (Arrival.Of(context).ProxyHeader is { } header)
        {
            return AccessDecision.Refuse(
                StatusCodes.Status403Forbidden,
                $"No key is set, so only requests straight from this machine are answered, and this one came through a proxy: it has the header {header}. "
                + $"Set {AccessKeys.ApiKeyVariable} to a key of at least {AccessKeys.LeastLength} characters and start McpProbe again.");
        }

        if (!IsAllowedHost(context.Request.Host.Host))
        {
            return AccessDecision.Refuse(
                StatusCodes.Status403Forbidden,
                "No API key is set, so only requests to this machine's loopback names are answered, and this one named another host. "
                + $"Ask for http://127.0.0.1 or http://localhost, or set {AccessKeys.ApiKeyVariable}.");
        }

        return origin is OriginCheck.Other ? AccessDecision.CrossOrigin : AccessDecision.Allow(Viewer.Local);
    }

    /// <summary>Decides between who may read and who may change.</summary>
    private static AccessDecision Within(Viewer viewer, bool isSafe, EndpointMetadataCollection? route)
    {
        if (viewer.MayChange || IsOpen(route))
            return AccessDecision.Allow(viewer);
        var who = viewer.Who.Kind is ActorKind.ReadKey ? "The key that was sent reads" : "You may read";
        if (!isSafe)
        {
            return AccessDecision.Refuse(
                StatusCodes.Status403Forbidden,
                $"{who}, and may not change anything. Nothing was done. Use {AccessKeys.ApiKeyVariable}, or ask an administrator.", viewer);
        }

        return route?.GetMetadata<AdministratorRoute>() is null
            ? AccessDecision.Allow(viewer)
            : AccessDecision.Refuse(
                StatusCodes.Status403Forbidden,
                $"{who} what is watched; this is for administrators alone. Use {AccessKeys.ApiKeyVariable}, or ask an administrator.", viewer);
    }

    private static bool IsOpen(EndpointMetadataCollection? route) => route?.GetMetadata<OpenRoute>() is not null;

    // Both keys are always compared, so that the time tells neither.
    private (ApiKey Key, Role Role, Actor Who)? Find(string candidate)
    {
        (ApiKey Key, Role Role, Actor Who)? found = null;
        foreach (var each in _keys)
        {
            if (each.Key.Matches(candidate))
                found = each;
        }

        return found;
    }

    /// <summary>What the cookies say; whoever signed in twice is who may do more.</summary>
    private Viewer? FindSession(HttpContext context)
    {
        var viewer = _options.People is { } people ? PersonSession.Read(context.User, people) : null;
        if (viewer is { MayChange: true } || context.Request.Cookies[CookieName(context.Request)] is not { } token)
            return viewer;
        foreach (var (key, role, who) in _keys)
        {
            if (key.IsSession(token, _time.GetUtcNow()) && (viewer is null || role is Role.Administrator))
                viewer = Viewer.Of(role, signedIn: true, who);
        }

        return viewer;
    }

    private static string? HeaderKey(HttpRequest request)
    {
        if (request.Headers["X-Api-Key"] is [{ } header, ..])
            return header;
        // Other schemes are for somebody else, such as a proxy in front of this server.
        return request.Headers[HeaderNames.Authorization] is [{ } authorization, ..]
            && AuthenticationHeaderValue.TryParse(authorization, out var credentials)
            && credentials.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
            ? credentials.Parameter ?? ""
            : null;
    }

    private bool IsAllowedHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address))
        || _options.AllowedHosts.Contains(host, StringComparer.OrdinalIgnoreCase);
}

/// <summary>What the rule says of a request: who may see what, or the status to refuse with and why.</summary>
/// <param name="Viewer">Who asks; the public where it is not known who.</param>
/// <param name="Refusal">Null when it is allowed.</param>
internal sealed record AccessDecision(Viewer Viewer, (int Status, string Why)? Refusal)
{
    internal static readonly AccessDecision WrongKey = Refuse(
        StatusCodes.Status401Unauthorized,
        $"The key that was sent is none that is set. Check the value of {AccessKeys.ApiKeyVariable}, or of {AccessKeys.ReadKeyVariable}.");

    internal static readonly AccessDecision CrossOrigin = Refuse(
        StatusCodes.Status403Forbidden,
        "The request comes from a page of another origin. Open this server's own pages, or send the API key in a header. Behind a proxy, start McpProbe with the public URL that browsers see.");

    internal static AccessDecision Allow(Viewer viewer) => new(viewer, null);

    internal static AccessDecision Refuse(int status, string why, Viewer? viewer = null) => new(viewer ?? Viewer.Public, (status, why));
}
