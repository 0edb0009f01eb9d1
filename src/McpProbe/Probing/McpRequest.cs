using System.Collections.Concurrent;
using System.Text;

namespace McpProbe.Probing;

/// <summary>One JSON-RPC request or notification (no id) to a server, and the version that it is sent under.</summary>
/// <param name="Params">A JSON object.</param>
/// <param name="ProtocolVersion">The negotiated or, in the stateless era, the requested version; null before it is known.</param>
internal sealed record McpRequest(int? Id, string Method, ReadOnlyMemory<byte> Params, string? ProtocolVersion)
{
    public const int DiscoverId = 1;
    public const int InitializeId = 2;
    public const int SecondDiscoverId = 3;
    public const int FirstListId = 4;

    private static readonly byte[] EmptyParams = "{}"u8.ToArray();

    // Every probe sends these, and they differ by nothing but the version, of which there are few.
    private static readonly ConcurrentDictionary<(string Method, string Version), McpRequest> Made = new();

    private byte[]? _json;

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
        ? Made.GetOrAdd(("tools/list", version), static key => MakeListTools(FirstListId, key.Version, null))
        : MakeListTools(id, version, cursor);

    private static McpRequest MakeDiscover(int id, string version) =>
        new(id, "server/discover", Encoding.UTF8.GetBytes($$"""{{{StatelessMeta(version)}}}"""), version);

    private static McpRequest MakeListTools(int id, string version, ReadOnlyMemory<byte>? cursor)
    {
        var stateless = ProtocolVersions.EraOf(version) is Era.Stateless;
        if (cursor is null && !stateless)
            return new(id, "tools/list", EmptyParams, version);

        var meta = stateless ? StatelessMeta(version) : "";
        byte[] parameters =
        [
            .. "{"u8,
            .. Encoding.UTF8.GetBytes(meta),
            .. cursor is null ? ""u8 : stateless ? ",\"cursor\":"u8 : "\"cursor\":"u8,
            .. cursor is { } raw ? raw.Span : [],
            .. "}"u8,
        ];
        return new(id, "tools/list", parameters, version);
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

    /// <summary>What every request of the stateless era carries (specification 2026-07-28, Base protocol).</summary>
    private static string StatelessMeta(string version) =>
        $$$"""
        "_meta":{"io.modelcontextprotocol/protocolVersion":"{{{version}}}","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{{{Implementation}}}}
        """;

    private static readonly string Implementation = $$"""{"name":"{{ClientInfo.Name}}","version":"{{ClientInfo.Version}}"}""";
}
