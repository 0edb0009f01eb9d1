using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Probing.Protocol;

/// <summary>One JSON-RPC request or notification (no id) to a server, and the version that it is sent under.</summary>
/// <param name="Params">A JSON object.</param>
/// <param name="ProtocolVersion">The negotiated or, in the stateless era, the requested version; null before it is known.</param>
internal sealed record McpRequest(int? Id, string Method, ReadOnlyMemory<byte> Params, string? ProtocolVersion)
{
    public const int DiscoverId = 1;
    public const int InitializeId = 2;
    public const int SecondDiscoverId = 3;
    public const int CallToolId = 4;
    public const int ListResourcesId = 5;
    public const int ListPromptsId = 6;

    /// <summary>Of <c>tools/list</c>; each further page has the next.</summary>
    public const int FirstListId = 7;

    private static readonly byte[] EmptyParams = "{}"u8.ToArray();

    /// <summary>HTTP headers that go with this message alone; other transports have none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    // Every probe sends these, and they differ by nothing but the version, of which there are few.
    private static readonly ConcurrentDictionary<(string Method, string Version), McpRequest> Made = new();

    private byte[]? _json;

    /// <summary>The tool that is called; null for other methods.</summary>
    public string? Tool { get; private init; }

    /// <summary><c>server/discover</c> of the stateless era.</summary>
    public static McpRequest Discover(int id, string version) => id == DiscoverId
        ? Made.GetOrAdd(("server/discover", version), static key => MakeDiscover(DiscoverId, key.Version))
        : MakeDiscover(id, version);

    /// <summary><c>initialize</c> of the handshake era, with the version that is offered.</summary>
    public static McpRequest Initialize(string version) => Made.GetOrAdd(("initialize", version), static key =>
        new(InitializeId, key.Method, Encoding.UTF8.GetBytes(
            $$$"""{"protocolVersion":"{{{key.Version}}}","capabilities":{},"clientInfo":{{{Implementation}}}}"""), null));

    public static McpRequest Initialized(string version) => Made.GetOrAdd(("notifications/initialized", version), static key =>
        new(null, key.Method, EmptyParams, key.Version));

    /// <summary>One page of <c>tools/list</c>.</summary>
    /// <param name="cursor">The raw JSON string of the page before, passed back as it came; null for the first page.</param>
    public static McpRequest ListTools(int id, string version, ReadOnlyMemory<byte>? cursor) => id == FirstListId && cursor is null
        ? Made.GetOrAdd(("tools/list", version), static key => List(FirstListId, key.Method, key.Version))
        : List(id, "tools/list", version, cursor);

    private static McpRequest MakeDiscover(int id, string version) =>
        new(id, "server/discover", Encoding.UTF8.GetBytes($$"""{{{StatelessMeta(version)}}}"""), version);

    /// <summary>One page of a list.</summary>
    public static McpRequest List(int id, string method, string version, ReadOnlyMemory<byte>? cursor = null)
    {
        var stateless = ProtocolVersions.EraOf(version) is Era.Stateless;
        if (cursor is null && !stateless)
            return new(id, method, EmptyParams, version);

        var meta = stateless ? StatelessMeta(version) : "";
        byte[] parameters =
        [
            .. "{"u8,
            .. Encoding.UTF8.GetBytes(meta),
            .. cursor is null ? ""u8 : stateless ? ",\"cursor\":"u8 : "\"cursor\":"u8,
            .. cursor is { } raw ? raw.Span : [],
            .. "}"u8,
        ];
        return new(id, method, parameters, version);
    }

    /// <summary><c>subscriptions/listen</c> of the stateless era, for changes of the list of tools (specification 2026-07-28, Subscriptions).</summary>
    public static McpRequest Listen(int id, string version) => new(
        id, "subscriptions/listen", Encoding.UTF8.GetBytes($$$"""{{{{StatelessMeta(version)}}},"notifications":{"toolsListChanged":true}}"""), version);

    /// <param name="name">The tool's name as a JSON string.</param>
    /// <param name="arguments">A JSON object.</param>
    public static McpRequest CallTool(string version, ReadOnlySpan<byte> name, ReadOnlySpan<byte> arguments)
    {
        byte[] parameters =
        [
            .. "{"u8,
            .. Encoding.UTF8.GetBytes(ProtocolVersions.EraOf(version) is Era.Stateless ? StatelessMeta(version) + "," : ""),
            .. "\"name\":"u8,
            .. name,
            .. ",\"arguments\":"u8,
            .. arguments,
            .. "}"u8,
        ];
        return new(CallToolId, "tools/call", parameters, version) { Tool = NameOf(name) };
    }

    /// <summary>The same message with the caller's W3C trace context in its <c>_meta</c> (OpenTelemetry conventions for MCP).</summary>
    public McpRequest WithTraceParent(string parent)
    {
        ReadOnlySpan<byte> meta = "{\"_meta\":{"u8, rest = Params.Span;
        var field = Encoding.UTF8.GetBytes($"\"traceparent\":\"{parent}\"");
        byte[] parameters = rest.StartsWith(meta)
            // That object is our own, and never empty.
            ? [.. meta, .. field, .. ","u8, .. rest[meta.Length..]]
            : [.. meta, .. field, .. "}"u8, .. rest.Length > 2 ? ","u8 : ""u8, .. rest[1..]];
        return new McpRequest(Id, Method, parameters, ProtocolVersion) { Headers = Headers, Tool = Tool };
    }

    /// <summary>The whole message as one line of JSON; not to be written to.</summary>
    public byte[] ToJson() => _json ??=
    [
        .. "{\"jsonrpc\":\"2.0\","u8,
        .. Encoding.UTF8.GetBytes(Id is { } id ? $"\"id\":{id}," : ""),
        .. Encoding.UTF8.GetBytes($"\"method\":\"{Method}\",\"params\":"),
        .. Params.Span,
        .. "}"u8,
    ];

    /// <summary>The same message from another client. Its name and version stand in a message once, in a form of ours.</summary>
    public byte[] ToJsonAs(ClientVariant client)
    {
        var other = $$"""{"name":"{{client.Name ?? ClientInfo.Name}}","version":"{{client.Version ?? ClientInfo.Version}}"}""";
        return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(ToJson()).Replace($"\"clientInfo\":{Implementation}", $"\"clientInfo\":{other}", StringComparison.Ordinal)
            .Replace($"\"io.modelcontextprotocol/clientInfo\":{Implementation}", $"\"io.modelcontextprotocol/clientInfo\":{other}", StringComparison.Ordinal));
    }

    private static string? NameOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        return reader.Read() ? reader.GetString() : null;
    }

    /// <summary>What every request of the stateless era carries (specification 2026-07-28, Base protocol).</summary>
    private static string StatelessMeta(string version) =>
        $$$"""
        "_meta":{"io.modelcontextprotocol/protocolVersion":"{{{version}}}","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{{{Implementation}}}}
        """;

    private static readonly string Implementation = $$"""{"name":"{{ClientInfo.Name}}","version":"{{ClientInfo.Version}}"}""";
}
