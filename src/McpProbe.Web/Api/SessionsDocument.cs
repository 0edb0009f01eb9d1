using System.Text.Json.Serialization;
using McpProbe.Model;

namespace McpProbe.Web.Api;

/// <summary><c>GET /api/endpoints/{id}/sessions</c>; docs/schema/sessions.schema.json. No session's id is shown: who has it can speak in it.</summary>
/// <param name="SurvivalRate">The share that was not cut; null before the first session.</param>
/// <param name="MedianLifeSeconds">Of those that ended; null before the first.</param>
/// <param name="Without">Why no session is held at all; null while one is, or will be.</param>
/// <param name="Untold">Changes of the tools that were not told on the stream; null for none.</param>
/// <param name="Needless">Changes that were told, and were none; null for none.</param>
/// <param name="Ended">Newest first.</param>
public sealed record SessionsDocument(
    bool Canary, int Sessions, int Cut, int CutInARow, double? SurvivalRate, double? MedianLifeSeconds, string? Without,
    ListChangeFault? Untold, ListChangeFault? Needless, IReadOnlyList<HeldSessionDocument> Held, IReadOnlyList<EndedSession> Ended)
{
    internal static SessionsDocument Of(SessionHistory history, bool canary) => new(
        canary,
        history.Held.Count + history.Ended.Count,
        history.Ended.Count(each => each.IsCut),
        history.Cut,
        history.SurvivalRate is { } rate ? Math.Round(rate, 4) : null,
        history.MedianLife?.TotalSeconds,
        history.Without,
        history.Untold,
        history.Needless,
        [.. history.Held.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => HeldSessionDocument.Of(each.Key, each.Value))],
        [.. history.Ended.Reverse()]);
}

/// <param name="Kind"><c>session</c>: an <c>Mcp-Session-Id</c>; <c>stream</c>: <c>subscriptions/listen</c>.</param>
public sealed record HeldSessionDocument(
    string Location, DateTimeOffset Since, string ProtocolVersion, string Kind, bool InDoubt, bool? Resumed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NotResumed)
{
    internal static HeldSessionDocument Of(string location, HeldSession held) => new(
        location, held.Since, held.ProtocolVersion, held.Stream ? "stream" : "session", held.Doubts > 0, held.Resumed, held.NotResumed);
}
