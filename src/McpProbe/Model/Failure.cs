using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>Why a probe is not healthy: what happened, in which phase, and what to do next.</summary>
/// <param name="Message">A sentence for the reader of an alert; holds no secret and no server text longer than a line.</param>
/// <param name="HttpStatus">The answer's status, where there was one.</param>
/// <param name="RetryAfter">When the server asks to be tried again (RFC 9110, 10.2.3).</param>
public sealed record Failure(
    FailureKind Kind,
    Phase? Phase,
    string Message,
    int? HttpStatus = null,
    DateTimeOffset? RetryAfter = null)
{
    /// <summary>The <c>WWW-Authenticate</c> challenge (RFC 9110, 11.6.1), kept for the probe's log.</summary>
    [JsonIgnore]
    public string? Challenge { get; init; }

    /// <summary>No packet of the server's came back: a router, or the prober's own network, says that there is no way to it.</summary>
    [JsonIgnore]
    public bool Unreachable { get; init; }
}

/// <summary>The parts of a probe, in their order.</summary>
[JsonConverter(typeof(WireNameConverter<Phase>))]
public enum Phase
{
    Dns,
    Connect,
    Tls,
    Handshake,
    Catalog,
    Smoke,
}

/// <summary>Every way a probe can fail. <see cref="FailureKinds"/> says what each means for the verdict and the exit code.</summary>
[JsonConverter(typeof(WireNameConverter<FailureKind>))]
public enum FailureKind
{
    Dns,
    Refused,
    ConnectTimeout,
    Tls,
    Reset,
    Timeout,
    HttpStatus,
    BlockedAddress,
    SpawnFailed,
    Gated,
    AuthFailed,

    /// <summary>Not credentials, but what the request is: a Host or Origin that the server does not accept, a firewall's page, HTTP/2 only.</summary>
    HostRefused,
    WrongTransport,
    NotMcp,
    BadJson,
    RpcError,
    ProtocolMismatch,
    NoReply,
    TooLarge,
    TooManyPages,
    Redirect,
    CrossOrigin,
    EmptyCatalog,
    MissingTool,
    ForbiddenTool,
    DuplicateTool,
    ProcessExited,
    ConditionFailed,
    SmokeFailed,

    /// <summary>Official clients throw away the whole list of tools for some of its tools; for all of them it is <see cref="ConditionFailed"/>.</summary>
    ToolsUsable,
    Budget,
    ProberOffline,

    /// <summary>The prober's own process stood still during the probe, so that its failure says nothing of the server.</summary>
    ProberOverloaded,
    Cancelled,
    Config,
}

/// <summary>The table of DESIGN: each kind's verdict and <c>mcpprobe check</c>'s exit code.</summary>
public static class FailureKinds
{
    public static Verdict VerdictOf(this Failure failure) => failure.Kind switch
    {
        FailureKind.Gated => Verdict.Gated,
        FailureKind.Budget or FailureKind.ToolsUsable => Verdict.Degraded,
        FailureKind.ProberOffline or FailureKind.ProberOverloaded or FailureKind.Cancelled or FailureKind.Config => Verdict.Unknown,
        _ => Verdict.Down,
    };

    public static int ExitCodeOf(this Failure failure) => failure.Kind switch
    {
        FailureKind.Dns or FailureKind.Refused or FailureKind.ConnectTimeout or FailureKind.Tls or FailureKind.Reset
            or FailureKind.Timeout or FailureKind.BlockedAddress or FailureKind.SpawnFailed => ExitCodes.Unreachable,
        FailureKind.HttpStatus when failure.HttpStatus is >= 500 or 429 => ExitCodes.Unreachable,
        FailureKind.Gated or FailureKind.AuthFailed => ExitCodes.Credentials,
        FailureKind.SmokeFailed => ExitCodes.SmokeFailed,
        FailureKind.Config => ExitCodes.Usage,
        FailureKind.Budget or FailureKind.ToolsUsable => ExitCodes.Ok,
        _ => ExitCodes.NotHealthy,
    };
}
