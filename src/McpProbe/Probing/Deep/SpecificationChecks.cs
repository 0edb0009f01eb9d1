using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Specification;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Tools;
using McpProbe.Probing.Transports;

namespace McpProbe.Probing.Deep;

/// <summary>
/// How a server over Streamable HTTP keeps to those rules that no ordinary request shows: each sends one request that must be refused,
/// and looks at how. None of them calls a tool or changes anything.
/// </summary>
internal static class SpecificationChecks
{
    private const string Json = "application/json";
    private const string Unknown = "1900-01-01";

    private const int MostOfAStream = 256 * 1024;

    public static IReadOnlyList<DeepCheck> All =>
    [
        new("an unknown protocol version", UnknownVersionAsync),
        new("an unknown method", UnknownMethodAsync),
        new("a request without its fields", MissingMetaAsync),
        new("a header that contradicts the body", HeaderMismatchAsync),
        new("a request from a foreign web page", ForeignOriginAsync),
        new("a session that has ended", TerminatedSessionAsync),
        new("the list of tools on another connection", ListVariesAsync),
        new("a subscription", AcknowledgementAsync),
    ];

    private static async Task<IReadOnlyList<Finding>> UnknownVersionAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        if (IsStateless(visit))
        {
            var answer = await PostAsync(visit, McpRequest.Discover(McpRequest.DiscoverId, Unknown), cancellationToken);
            return Judge(visit, SpecRules.UnknownVersion, answer, 400, RpcError.UnsupportedProtocolVersion, "server/discover");
        }

        if (!IsHandshake(visit) || !ProtocolVersions.HasHeader(visit.Result.ProtocolVersion!))
            return [];
        var (session, _) = await InitializeAsync(visit, cancellationToken);
        var asked = await PostAsync(visit, McpRequest.List(McpRequest.FirstListId, "tools/list", visit.Result.ProtocolVersion!), cancellationToken, session, version: Unknown);
        await EndAsync(visit, session, cancellationToken);
        return asked.Status is >= 200 and < 300
            ? [SpecRules.UnknownVersion.Broken("tools/list", $" (MCP-Protocol-Version: {Unknown}): it answers HTTP {asked.Status}, where 400 is asked for. A client of a revision that it does not know gets answers that it may misread.")]
            : [];
    }

    private static async Task<IReadOnlyList<Finding>> UnknownMethodAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        if (!IsStateless(visit))
            return [];
        var answer = await PostAsync(visit, McpRequest.List(McpRequest.FirstListId, "mcpprobe/unknown", visit.Result.ProtocolVersion!), cancellationToken);
        return Judge(visit, SpecRules.UnknownMethod, answer, 404, RpcError.MethodNotFound, "mcpprobe/unknown");
    }

    private static async Task<IReadOnlyList<Finding>> MissingMetaAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        if (!IsStateless(visit))
            return [];
        // Without _meta a server of both eras may take it for a request of the older one.
        var request = new McpRequest(
            McpRequest.FirstListId, "tools/list",
            Encoding.UTF8.GetBytes($$$"""{"_meta":{"io.modelcontextprotocol/protocolVersion":"{{{visit.Result.ProtocolVersion}}}"}}"""), visit.Result.ProtocolVersion);
        return Judge(visit, SpecRules.MissingMeta, await PostAsync(visit, request, cancellationToken), 400, RpcError.InvalidParams, "tools/list");
    }

    private static async Task<IReadOnlyList<Finding>> HeaderMismatchAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        if (!IsStateless(visit))
            return [];
        var request = McpRequest.Discover(McpRequest.DiscoverId, visit.Result.ProtocolVersion!);
        var answer = await PostAsync(visit, request, cancellationToken, method: "tools/list");
        return Judge(visit, SpecRules.HeaderMismatch, answer, 400, RpcError.HeaderMismatch, "server/discover");
    }

    private static async Task<IReadOnlyList<Finding>> ForeignOriginAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        // The reserved domain of RFC 2606 is nobody's own.
        const string Foreign = "https://mcpprobe-check.invalid";
        var request = IsStateless(visit) ? McpRequest.Discover(McpRequest.DiscoverId, visit.Result.ProtocolVersion!)
            : IsHandshake(visit) ? McpRequest.Initialize(visit.Result.ProtocolVersion!) : null;
        if (request is null || visit.Headers.Has("Origin"))
            return [];
        var answer = await PostAsync(visit, request, cancellationToken, origin: Foreign);
        await EndAsync(visit, answer.Headers.GetValueOrDefault("Mcp-Session-Id"), cancellationToken);
        // Who lets every web page in by name has decided so: no origin is invalid there.
        if (answer.Status is not (>= 200 and < 300) || answer.Headers.GetValueOrDefault("Access-Control-Allow-Origin") is "*")
            return [];
        return [SpecRules.ForeignOrigin.Broken(request.Method, $": it answers HTTP {answer.Status}. A web page can reach the server through the browser of whoever can reach it (DNS rebinding).")];
    }

    private static async Task<IReadOnlyList<Finding>> TerminatedSessionAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        if (!IsHandshake(visit))
            return [];
        var (session, _) = await InitializeAsync(visit, cancellationToken);
        // Who has no sessions, or lets no client end one, has nothing to answer.
        if (session is null || await EndAsync(visit, session, cancellationToken) is not (>= 200 and < 300))
            return [];
        var answer = await PostAsync(visit, McpRequest.List(McpRequest.FirstListId, "tools/list", visit.Result.ProtocolVersion!), cancellationToken, session);
        return answer.Status is 404 ? []
            : [SpecRules.TerminatedSession.Broken("tools/list", $": it answers HTTP {answer.Status}{(ErrorOf(answer, McpRequest.FirstListId) is { } code ? $" and the error {code}" : "")}. Clients begin a new session at 404 alone, and fail after a restart of the server.")];
    }

    private static async Task<IReadOnlyList<Finding>> ListVariesAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        if (!IsStateless(visit) || visit.Result.Snapshot is not { } snapshot)
            return [];
        var session = new McpSession(TransportKind.StreamableHttp, Era.Stateless, snapshot.ProtocolVersion, visit.Result.SupportedVersions, snapshot.Server);
        var (one, other) = (visit.Open(), visit.Open());
        var first = await ListAsync(one);
        var second = await ListAsync(other);
        // One that changes by itself says nothing of the connection.
        if (first == second || await ListAsync(one) != first)
            return [];
        return [SpecRules.ListVaries.Broken("tools/list", ". Clients that keep several connections see the tools change.")];

        async Task<string> ListAsync(StreamableHttp connection)
        {
            using var pages = new CatalogPages(session, visit.Run, memory: null, last: null);
            await CatalogReader.ReadAsync(pages, connection, session, visit.Run, cancellationToken);
            return pages.Whole!.Catalog.Hashes.Hash;
        }
    }

    private static async Task<IReadOnlyList<Finding>> AcknowledgementAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        const string Listen = "subscriptions/listen";
        if (!IsStateless(visit) || visit.Result.Snapshot is not { } snapshot || !Notifies(snapshot.Server.Capabilities.Span))
            return [];
        var message = McpRequest.List(McpRequest.FirstListId, Listen, snapshot.ProtocolVersion);
        using var request = NewPost(visit, message with { Params = (byte[])[.. message.Params.Span[..^1], .. ",\"notifications\":{\"toolsListChanged\":true}}"u8] });
        visit.Headers.AddTo(request);
        using var response = await visit.Connect().SendAsync(request, cancellationToken);
        // Whether it must offer subscriptions at all, the specification leaves open.
        if (!response.IsSuccessStatusCode || !ReplyReader.IsEventStream(ReplyReader.MediaTypeOf(response, visit.Run)))
            return [];
        await using var body = new LimitedStream(await response.Content.ReadAsStreamAsync(cancellationToken), MostOfAStream);
        string? first = null;
        await foreach (var item in SseParser.Create(body, static (_, data) => MethodOf(data)).EnumerateAsync(cancellationToken))
        {
            first = item.Data;
            if (first is not null)
                break;
        }

        return first is null or "notifications/subscriptions/acknowledged" ? []
            : [SpecRules.Acknowledgement.Broken(Listen, $": its first message is {visit.Run.Foreign(first)}. Clients do not know yet what it agreed to send.")];
    }

    /// <summary>Whether it declares that it tells of changes of its tools.</summary>
    private static bool Notifies(ReadOnlySpan<byte> capabilities)
    {
        using var tree = new JsonTree();
        if (capabilities.IsEmpty || tree.Read(capabilities) is not null || tree.Member(JsonTree.Root, "\"tools\""u8) is var tools && tools == JsonTree.None)
            return false;
        var changed = tree.Member(tools, "\"listChanged\""u8);
        return changed != JsonTree.None && tree.Kind(changed) is JsonValueKind.True;
    }

    /// <summary>The method of a notification; <c>a result</c> or the like for other messages, null for what is none.</summary>
    private static string? MethodOf(ReadOnlySpan<byte> data)
    {
        using var tree = new JsonTree();
        if (data.IsEmpty || tree.Read(data) is not null)
            return null;
        var method = tree.Member(JsonTree.Root, "\"method\""u8);
        return method != JsonTree.None && tree.Kind(method) is JsonValueKind.String ? CanonicalString.Decode(tree.Text(method)) : "an answer";
    }

    private static async Task<(string? Session, DeepAnswer Answer)> InitializeAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        var version = visit.Result.ProtocolVersion!;
        var answer = await PostAsync(visit, McpRequest.Initialize(version), cancellationToken);
        var session = answer.Headers.GetValueOrDefault("Mcp-Session-Id");
        if (session is not null)
            await PostAsync(visit, McpRequest.Initialized(version), cancellationToken, session);
        return (session, answer);
    }

    /// <returns>The status; null when there is no session.</returns>
    private static async Task<int?> EndAsync(DeepVisit visit, string? session, CancellationToken cancellationToken)
    {
        if (session is null)
            return null;
        using var request = new HttpRequestMessage(HttpMethod.Delete, visit.Run.Url);
        request.Headers.TryAddWithoutValidation("Mcp-Session-Id", session);
        if (ProtocolVersions.HasHeader(visit.Result.ProtocolVersion!))
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", visit.Result.ProtocolVersion);
        return (await visit.SendAsync(request, cancellationToken)).Status;
    }

    private static async Task<DeepAnswer> PostAsync(
        DeepVisit visit, McpRequest message, CancellationToken cancellationToken, string? session = null, string? version = null, string? method = null, string? origin = null)
    {
        using var request = NewPost(visit, message, session, version, method, origin);
        return await visit.SendAsync(request, cancellationToken);
    }

    private static HttpRequestMessage NewPost(
        DeepVisit visit, McpRequest message, string? session = null, string? version = null, string? method = null, string? origin = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, visit.Run.Url);
        request.Headers.TryAddWithoutValidation("Accept", $"{Json}, text/event-stream");
        request.Content = new ByteArrayContent(message.ToJson()) { Headers = { ContentType = new MediaTypeHeaderValue(Json) } };
        version ??= message.ProtocolVersion;
        if (version is not null && ProtocolVersions.HasHeader(version) || version is Unknown)
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", version);
        if (IsStateless(visit))
            request.Headers.TryAddWithoutValidation("Mcp-Method", method ?? message.Method);
        if (session is not null)
            request.Headers.TryAddWithoutValidation("Mcp-Session-Id", session);
        if (origin is not null)
            request.Headers.TryAddWithoutValidation("Origin", origin);
        return request;
    }

    /// <summary>
    /// Whether the request was refused as it must be. A refusal by whoever stands before the server (no JSON-RPC, or too many
    /// requests) says nothing of the server.
    /// </summary>
    private static IReadOnlyList<Finding> Judge(DeepVisit visit, SpecRule rule, DeepAnswer answer, int status, int code, string where)
    {
        if (IsOfOthers(answer))
            return [];
        var error = ErrorOf(answer, McpRequest.FirstListId);
        if (answer.Status == status && error == code)
            return [];
        var says = error is { } other ? $"HTTP {answer.Status} and the error {other}"
            : answer.Status is >= 200 and < 300 ? $"HTTP {answer.Status} and a result"
            : $"HTTP {answer.Status} without a JSON-RPC error";
        return [rule.Broken(where, $": it answers {visit.Run.Foreign(says)}. Clients go by these to find out what went wrong, and what the server speaks.")];
    }

    private static bool IsOfOthers(DeepAnswer answer) => answer.Status is 401 or 402 or 403 or 407 or 421 or 429 or >= 500;

    /// <summary>The code of a JSON-RPC error, whatever its id; null when the answer is none.</summary>
    private static long? ErrorOf(DeepAnswer answer, int id)
    {
        var body = answer.Body.Span;
        if (answer.MediaType is "text/event-stream")
            body = FirstEvent(body);
        return JsonRpcEnvelope.Read(body, id, JsonTree.MostDepth).Error?.Code;
    }

    private static ReadOnlySpan<byte> FirstEvent(ReadOnlySpan<byte> stream)
    {
        var start = stream.IndexOf("data:"u8);
        if (start < 0)
            return default;
        var rest = stream[(start + 5)..];
        var end = rest.IndexOf((byte)'\n');
        return end < 0 ? rest : rest[..end];
    }

    private static bool IsStateless(DeepVisit visit) => visit.Result is { Era: Era.Stateless, Transport: TransportKind.StreamableHttp };

    private static bool IsHandshake(DeepVisit visit) => visit.Result is { Era: Era.Handshake, Transport: TransportKind.StreamableHttp };
}
