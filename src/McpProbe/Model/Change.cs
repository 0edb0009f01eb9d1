using System.Text.Json;
using System.Text.Json.Serialization;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>One difference between two catalogues.</summary>
/// <param name="Rule">The stable name of the rule that classified it; docs/drift-rules.md.</param>
/// <param name="Tool">Null for a change of the server itself.</param>
/// <param name="Path">JSON pointer (RFC 6901) within the tool or the server.</param>
/// <param name="Before">The old value; null when there was none.</param>
public sealed record Change(
    ChangeClass Class, string Rule, string? Tool, string Path, JsonElement? Before, JsonElement? After, string Message);

/// <summary>What a change does to clients that were written against the old catalogue.</summary>
[JsonConverter(typeof(WireNameConverter<ChangeClass>))]
public enum ChangeClass
{
    Info,
    Warning,

    /// <summary>Cannot be proved safe; treated like breaking, never as safe.</summary>
    Unknown,
    Breaking,
}

/// <summary>Suspicious or malformed text in a catalogue; or a note on what clients other than McpProbe make of the server.</summary>
/// <param name="Tool">Null for the server itself.</param>
/// <param name="Path">JSON pointer (RFC 6901) within the tool or the server; for a note the request that showed it, or the phase.</param>
public sealed record Finding(FindingLevel Level, string Rule, string? Tool, string Path, string Message)
{
    internal const string InteropPrefix = "interop-";

    /// <summary>Where the rule is from, such as <c>MCP 2026-07-28, Caching</c>; null for what no standard asks for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Section { get; init; }

    /// <summary>How strongly the standard asks for it; null for what none does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Requirement? Requirement { get; init; }

    /// <summary>
    /// Whether it is a note on other clients. A note is always soft. It is no text to review, belongs to no catalogue, opens no
    /// incident and fails no gate.
    /// </summary>
    [JsonIgnore]
    public bool IsInterop => Rule.StartsWith(InteropPrefix, StringComparison.Ordinal);
}

[JsonConverter(typeof(WireNameConverter<FindingLevel>))]
public enum FindingLevel
{
    /// <summary>Queued for review.</summary>
    Soft,

    /// <summary>Alerts at once.</summary>
    Hard,
}
