using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>
/// What the canary of an endpoint knows: the session that each location holds, and how those before it ended. A session that goes on
/// changes nothing in it, so it is written only when one begins, ends, or is in doubt.
/// </summary>
public sealed record SessionHistory
{
    /// <summary>As many ended sessions as are kept, about 150 bytes each: the state is read with every probe.</summary>
    public const int MostEnded = 30;

    public static readonly SessionHistory Empty = new();

    private static readonly Dictionary<string, HeldSession> NoneHeld = [];

    /// <summary>By location.</summary>
    public IReadOnlyDictionary<string, HeldSession> Held { get => field ?? NoneHeld; init; } = NoneHeld;

    /// <summary>Oldest first, at most <see cref="MostEnded"/>.</summary>
    public IReadOnlyList<EndedSession> Ended { get => field ?? []; init; } = [];

    /// <summary>Sessions cut in a row, over all locations; one that ends properly, or lives on long enough, ends the row.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Cut { get; init; }

    /// <summary>
    /// Changes of the list of tools that the server did not tell on the stream, although it had agreed to; clients that keep the list use
    /// tools that are gone.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ListChangeFault? Untold { get; init; }

    /// <summary>Changes of the list of tools that the server told, and that were none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ListChangeFault? Needless { get; init; }

    /// <summary>Why no session is held at all, as a sentence; null while one is, or will be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Without { get; init; }

    /// <summary>The share of sessions that were not cut: those that go on and those that ended properly; null before the first.</summary>
    [JsonIgnore]
    public double? SurvivalRate => Held.Count + Ended.Count is var all and > 0
        ? (all - Ended.Count(each => each.IsCut)) / (double)all
        : null;

    /// <summary>The median life of the sessions that ended; null before the first. Those that go on may live longer.</summary>
    [JsonIgnore]
    public TimeSpan? MedianLife => Ended.Count == 0
        ? null
        : Ended.Select(each => each.Life).Order().ElementAt((Ended.Count - 1) / 2);

    /// <summary>Without what names a session to its server: who has the id can speak in it.</summary>
    public SessionHistory ForReaders() => this with
    {
        Held = Held.ToDictionary(each => each.Key, each => each.Value with { Id = null, LastEventId = null }),
    };
}

/// <param name="Times">How often it was seen.</param>
/// <param name="Last">The slot that saw it last.</param>
public sealed record ListChangeFault(int Times, DateTimeOffset Last)
{
    internal static ListChangeFault OneMore(ListChangeFault? before, DateTimeOffset slot) => new((before?.Times ?? 0) + 1, slot);
}

/// <summary>A session that a canary holds.</summary>
/// <param name="Since">The slot that opened it.</param>
/// <param name="ProtocolVersion">What the handshake settled; each request names it.</param>
public sealed record HeldSession(DateTimeOffset Since, string ProtocolVersion)
{
    /// <summary>The server's <c>Mcp-Session-Id</c>; null for a stream, which the process holds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>A stream of <c>subscriptions/listen</c>, or a session of HTTP+SSE: the process that opened it holds it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Stream { get; init; }

    /// <summary>Of a stream: the server agreed to tell when its list of tools changes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Tells { get; init; }

    /// <summary>The last look heard of a change that no probe has seen yet: the next one may.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Told { get; init; }

    /// <summary>The last probe saw a change that was not told yet: it may still be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Changed { get; init; }

    /// <summary>Who answered when it was last known to be well.</summary>
    public SessionHost Host { get; init; } = SessionHost.Unknown;

    /// <summary>The last event of a stream of this session, until asking for what came after it was tried.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LastEventId { get; init; }

    /// <summary>Whether the server resumed a stream by <c>Last-Event-ID</c>; null where it gives no ids, or before it was tried.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Resumed { get; init; }

    /// <summary>Why it was not, such as <c>HTTP 400</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? NotResumed { get; init; }

    /// <summary>Questions in a row whose answer does not yet tell whether it goes on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Doubts { get; init; }

    /// <summary>The server could not be reached since it was last known to be well.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SawOutage { get; init; }
}

/// <summary>What tells one deployment of a server from another; null for what was not seen.</summary>
/// <param name="Catalog">A short beginning of the catalogue's hash.</param>
/// <param name="Address">The IP address that was connected to.</param>
/// <param name="Certificate">When the TLS certificate ends: another one ends at another time.</param>
public sealed record SessionHost(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Version,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Catalog,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Address,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Certificate)
{
    /// <summary>In place of an address: several answered while the session went on.</summary>
    public const string Several = "several";

    public static readonly SessionHost Unknown = new(null, null, null, null);

    /// <summary>What is not as it was; what either does not know is not compared.</summary>
    public IReadOnlyList<string> DifferencesFrom(SessionHost before)
    {
        var differences = new List<string>();
        Compare("version", before.Version, Version);
        Compare("catalogue", before.Catalog, Catalog);
        Compare("address", before.Address is Several ? null : before.Address, Address);
        Compare("certificate", $"{before.Certificate?.UtcTicks}", $"{Certificate?.UtcTicks}");
        return differences;

        void Compare(string what, string? then, string? now)
        {
            if (then is { Length: > 0 } && now is { Length: > 0 } && then != now)
                differences.Add(what);
        }
    }

    /// <summary>The newer facts, and the older ones where there are no newer.</summary>
    public SessionHost Over(SessionHost before) => new(
        Version ?? before.Version, Catalog ?? before.Catalog, Address ?? before.Address, Certificate ?? before.Certificate);
}

/// <param name="Since">The slot that opened it.</param>
/// <param name="At">The slot that saw its end; it may have ended up to an interval earlier.</param>
/// <param name="Detail">What was seen, such as <c>HTTP 400</c>, and what had changed about then.</param>
public sealed record EndedSession(DateTimeOffset Since, DateTimeOffset At, SessionEnd End, SessionCause Cause, string Detail, string Location)
{
    [JsonIgnore]
    public TimeSpan Life => At - Since;

    /// <summary>Its clients could not tell that it was over, and so did not begin anew.</summary>
    [JsonIgnore]
    public bool IsCut => End is not SessionEnd.Proper;
}

/// <summary>How a session ended.</summary>
[JsonConverter(typeof(WireNameConverter<SessionEnd>))]
public enum SessionEnd
{
    /// <summary>As the specification wants it: HTTP 404 for the session, or a reply to <c>subscriptions/listen</c> before the stream closes.</summary>
    Proper,

    /// <summary>Another error than 404: clients show it, and do not begin anew.</summary>
    WrongError,

    /// <summary>The server lets requests of the session wait, and answers those of others.</summary>
    Hang,

    /// <summary>The stream broke without a word.</summary>
    Dropped,
}

/// <summary>What happened about the time when a session ended.</summary>
[JsonConverter(typeof(WireNameConverter<SessionCause>))]
public enum SessionCause
{
    /// <summary>Nothing that can be seen: idle time, a limit to its life, or a restart that changed nothing.</summary>
    Idle,

    /// <summary>The server's version, catalogue, address or certificate changed.</summary>
    Deployment,

    /// <summary>The server could not be reached in between.</summary>
    Outage,
}

/// <summary>What a canary saw at one slot.</summary>
/// <param name="Answer">What became of the session, or of the wish for one.</param>
public sealed record SessionLook(SessionAnswer Answer)
{
    /// <summary>Of an answer that is no good one: what was seen, such as <c>HTTP 400</c>. Of <see cref="SessionAnswer.Without"/>: why.</summary>
    public string? Detail { get; init; }

    /// <summary>The session that was opened.</summary>
    public HeldSession? Opened { get; init; }

    /// <summary>The address that answered.</summary>
    public string? Address { get; init; }

    /// <summary>The last event of the answer's stream; null when it had no ids.</summary>
    public string? LastEventId { get; init; }

    /// <summary>Whether the stream was resumed; null when that was not tried.</summary>
    public bool? Resumed { get; init; }

    /// <summary><c>notifications/tools/list_changed</c> that came since the look before.</summary>
    public int ListChanges { get; init; }
}

/// <summary>What a look at a session tells.</summary>
public enum SessionAnswer
{
    /// <summary>There was none; now there is.</summary>
    Opened,

    /// <summary>It goes on.</summary>
    Survived,

    /// <summary><see cref="SessionEnd.Proper"/>.</summary>
    Ended,

    /// <summary><see cref="SessionEnd.WrongError"/>, beyond doubt.</summary>
    WrongError,

    /// <summary>An answer that may pass, such as HTTP 503: the second one in a row tells.</summary>
    Doubtful,

    /// <summary>No answer in time: the second one in a row tells.</summary>
    Silent,

    /// <summary><see cref="SessionEnd.Dropped"/>.</summary>
    Dropped,

    /// <summary>Nothing can be held: the server keeps no sessions, or they cannot be held here.</summary>
    Without,

    /// <summary>Nothing: none could be opened this time, or the server was not reached.</summary>
    Untold,

    /// <summary>The prober gave it up itself: it is no canary any more, or its process was started anew. Nothing is said of the server.</summary>
    GivenUp,
}
