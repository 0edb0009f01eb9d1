using System.Globalization;
using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>One request that was to change something, or one import or probes file that did: who, from where, what, and what came of it. Never a body, a query or a secret.</summary>
/// <param name="Id">Sorts ordinally, the newest first; see <see cref="IdAt"/>.</param>
/// <param name="Address">The caller's, or that of the proxy in front when it is not one that is trusted; null when the host knows none.</param>
/// <param name="Method">Such as <c>PUT</c>.</param>
/// <param name="Route">The pattern that took the request, such as <c>/api/endpoints/{id}</c>.</param>
/// <param name="Targets">What the pattern's names stood for, such as <c>id</c>.</param>
/// <param name="Status">The HTTP status of the answer; 499 when the caller had gone before there was one.</param>
public sealed record AuditLine(
    string Id,
    DateTimeOffset At,
    Actor Who,
    string? Address,
    string Method,
    string Route,
    IReadOnlyDictionary<string, string> Targets,
    AuditOutcome Outcome,
    int Status)
{
    private const int LongestDetail = 400;
    private static int _number;

    /// <summary>What a change of many endpoints changed: ids, and how many; null for other changes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init => field = value is null ? null : ForeignText.OneLine(value, LongestDetail); }

    /// <summary>How long a line is kept, on both heads.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(400);

    /// <summary>Lines of one instant stay apart, those of several instances too; the later one comes first.</summary>
    public static string NewId(DateTimeOffset at) => $"{IdAt(at)}-{uint.MaxValue - (uint)Interlocked.Increment(ref _number):x8}{Random.Shared.Next():x8}";

    /// <summary>The beginning of the ids of that instant: ids of later instants are smaller, those of earlier ones greater.</summary>
    public static string IdAt(DateTimeOffset at) => (DateTimeOffset.MaxValue.Ticks - at.UtcTicks).ToString("D19", CultureInfo.InvariantCulture);
}

/// <summary>Who asked.</summary>
/// <param name="Name">What the provider calls the person, the import's name, or the probes file; null for keys.</param>
/// <param name="Subject">The provider's lasting id of the person; null for keys.</param>
public sealed record Actor(ActorKind Kind, string? Name = null, string? Subject = null)
{
    public override string ToString() => Kind switch
    {
        ActorKind.Person => $"{Name ?? "?"} ({Subject})",
        ActorKind.Import => $"import {Name}",
        ActorKind.File => $"probes file {Name}",
        _ => WireNames.Of(Kind),
    };
}

[JsonConverter(typeof(WireNameConverter<ActorKind>))]
public enum ActorKind
{
    /// <summary>Nobody that is known: no key, a wrong one, or a refused origin.</summary>
    Unknown,

    /// <summary>Whoever reaches a head without a key, on its own machine.</summary>
    Local,

    /// <summary>The key that administers.</summary>
    ApiKey,

    /// <summary>The key that reads.</summary>
    ReadKey,

    /// <summary>A person whom the OpenID Connect provider knows.</summary>
    Person,

    /// <summary>An import of the operator's configuration, which a registry's listing changed.</summary>
    Import,

    /// <summary>The operator's probes file, which was read again because it changed, on SIGHUP, or at the start.</summary>
    File,
}

[JsonConverter(typeof(WireNameConverter<AuditOutcome>))]
public enum AuditOutcome
{
    /// <summary>The answer was a success.</summary>
    Done,

    /// <summary>The caller may not (401, 403), or not so often (429).</summary>
    Refused,

    /// <summary>The caller may, and it did not work: a mistake in the request, a conflict, an error.</summary>
    Failed,
}
