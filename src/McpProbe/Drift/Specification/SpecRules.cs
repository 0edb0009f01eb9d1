using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Drift.Specification;

/// <summary>Something that the specification asks of a server.</summary>
/// <param name="Name">Stable; docs/specification.md explains it.</param>
/// <param name="Section">The revision of the Model Context Protocol and the section, or another standard's.</param>
/// <param name="Says">What is wrong with a server that does not keep it, as the predicate of a sentence whose subject is the server, or a tool.</param>
internal sealed record SpecRule(string Name, Requirement Requirement, string Section, string Says)
{
    /// <summary>The era that has the rule; null for every one.</summary>
    public Era? Only { get; init; }

    /// <summary>Whether it takes a request that a probe does not send.</summary>
    public bool IsDeep { get; init; }

    /// <summary>Whether only who watches the server from probe to probe can see it.</summary>
    public bool IsWatched { get; init; }

    /// <param name="path">The request that showed it, such as <c>server/discover</c>; for a tool a JSON pointer.</param>
    /// <param name="more">
    /// Ends the sentence, with its full stop. The same at every probe (no times, ids or counts that change), since results that say the
    /// same are stored once; foreign text cleaned and shortened.
    /// </param>
    public Finding Broken(string path, string more, string? tool = null) => new(
        FindingLevel.Soft, Name, tool, path, tool is null ? $"The server {Says}{more}" : $"The tool {Says}{more}")
    {
        Section = Section,
        Requirement = Requirement,
    };

    public override string ToString() => Name;
}

/// <summary>Every rule there is; docs/specification.md lists the same, which a test checks.</summary>
internal static class SpecRules
{
    // In what a probe sees anyway.
    public static readonly SpecRule Discover = Must("discover", "MCP 2026-07-28, Discovery", "does not answer server/discover as every server must", Era.Stateless);
    public static readonly SpecRule ResultType = Must("result-type", "MCP 2026-07-28, Responses", "leaves resultType out of a result", Era.Stateless);
    public static readonly SpecRule Id = Must("id", "JSON-RPC 2.0, 5; MCP, Responses", "does not answer under the id of the request");
    public static readonly SpecRule Error = Must("error", "JSON-RPC 2.0, 5.1; MCP, Error Responses", "sends an error that is none");
    public static readonly SpecRule ErrorCode = Must("error-code", "MCP 2026-07-28, Error Codes", "sends an error code that the specification keeps for itself", Era.Stateless);
    public static readonly SpecRule CacheHints = Must("cache-hints", "MCP 2026-07-28, Caching", "does not say how long a result may be kept, and for whom", Era.Stateless);
    public static readonly SpecRule CacheScope = Must("cache-scope", "MCP 2026-07-28, Caching, Interaction with Pagination", "gives the pages of one list different cacheScopes", Era.Stateless);
    public static readonly SpecRule Cursor = Must("cursor", "MCP, Pagination", "does not end its list of tools");
    public static readonly SpecRule ToolsDeclared = Must("tools-declared", "MCP, Tools, Capabilities", "has tools and does not declare the capability tools");
    public static readonly SpecRule ToolsList = Must("tools-list", "MCP, Tools, Capabilities", "declares the capability tools and does not list them");
    public static readonly SpecRule InputSchema = Must("input-schema", "MCP, Tools, Tool; JSON Schema 2020-12", "has an inputSchema that is no valid schema of an object");
    public static readonly SpecRule OutputSchema = Must("output-schema", "MCP, Tools, Tool; JSON Schema 2020-12", "has an outputSchema that is no valid schema");
    public static readonly SpecRule ExternalReference = Should("external-reference", "MCP 2026-07-28, $ref Resolution", "has a schema that refers to an address in the network");
    public static readonly SpecRule ParameterHeader = Must("parameter-header", "MCP 2026-07-28, Tools, x-mcp-header", "has an x-mcp-header that clients must refuse, together with the tool", Era.Stateless);
    public static readonly SpecRule StructuredContent = Must("structured-content", "MCP, Tools, Output Schema", "answers a call with what its own outputSchema does not allow");
    public static readonly SpecRule ContentType = Must("content-type", "MCP, Streamable HTTP, Sending Messages", "answers with JSON-RPC, and calls it neither application/json nor text/event-stream");
    public static readonly SpecRule StreamRequest = Must("stream-request", "MCP 2026-07-28, Streamable HTTP, Receiving Messages", "sends a request of its own on the stream of an answer", Era.Stateless);
    public static readonly SpecRule SessionId = Must("session-id", "MCP 2025-11-25, Session Management", "gives a session id that is not of visible ASCII characters alone");

    // These take requests of their own.
    public static readonly SpecRule ListVaries = Deep(Must("list-varies", "MCP 2026-07-28, Tools, Capabilities", "lists other tools on another connection", Era.Stateless));
    public static readonly SpecRule UnknownVersion = Deep(Must("unknown-version", "MCP, Protocol Version Header", "does not refuse a protocol version that does not exist as it should be refused"));
    public static readonly SpecRule UnknownMethod = Deep(Must("unknown-method", "MCP 2026-07-28, Protocol Version Header", "does not refuse a method that does not exist with HTTP 404 and the error -32601", Era.Stateless));
    public static readonly SpecRule MissingMeta = Deep(Must("missing-meta", "MCP 2026-07-28, Per-request protocol fields", "does not refuse a request without clientCapabilities with HTTP 400 and the error -32602", Era.Stateless));
    public static readonly SpecRule HeaderMismatch = Deep(Must("header-mismatch", "MCP 2026-07-28, Server Validation", "does not refuse a header that contradicts the body with HTTP 400 and the error -32020", Era.Stateless));
    public static readonly SpecRule ForeignOrigin = Deep(Must("foreign-origin", "MCP, Streamable HTTP, Security", "does not refuse a request from a foreign web page (Origin) with HTTP 403"));
    public static readonly SpecRule TerminatedSession = Deep(Must("terminated-session", "MCP 2025-11-25, Session Management", "does not answer HTTP 404 to a session that has ended", Era.Handshake));
    public static readonly SpecRule Acknowledgement = Deep(Must("acknowledgement", "MCP 2026-07-28, Subscriptions, Acknowledgment", "does not acknowledge a subscription before all else", Era.Stateless));

    // These show between one probe and the next.
    public static readonly SpecRule TimeToLive = Watched(Should("time-to-live", "MCP 2026-07-28, Caching, Time-to-Live (TTL) Field", "changes what it said may be kept for longer", Era.Stateless));
    public static readonly SpecRule ListChangedUntold = Watched(Should("list-changed-untold", "MCP, Tools, List Changed Notification", "does not tell that its list of tools changed, although it agreed to"));
    public static readonly SpecRule ListChangedNeedless = Watched(Should("list-changed-needless", "MCP, Tools, List Changed Notification", "tells that its list of tools changed when it did not"));

    public static IReadOnlyList<SpecRule> All =>
    [
        Discover, ResultType, Id, Error, ErrorCode, CacheHints, CacheScope, Cursor, ToolsDeclared, ToolsList, InputSchema, OutputSchema,
        ExternalReference, ParameterHeader, StructuredContent, ContentType, StreamRequest, SessionId,
        ListVaries, UnknownVersion, UnknownMethod, MissingMeta, HeaderMismatch, ForeignOrigin, TerminatedSession, Acknowledgement,
        TimeToLive, ListChangedUntold, ListChangedNeedless,
    ];

    private static SpecRule Must(string name, string section, string says, Era? only = null) =>
        new("spec-" + name, Requirement.Must, section, says) { Only = only };

    private static SpecRule Should(string name, string section, string says, Era? only = null) =>
        new("spec-" + name, Requirement.Should, section, says) { Only = only };

    private static SpecRule Deep(SpecRule rule) => rule with { IsDeep = true };

    private static SpecRule Watched(SpecRule rule) => rule with { IsWatched = true };
}
