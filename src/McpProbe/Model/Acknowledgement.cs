using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>Somebody took an incident on: until then it is neither told again nor escalated.</summary>
public sealed record Acknowledgement(string By, DateTimeOffset At, DateTimeOffset Until)
{
    /// <summary>When it ended before its time; null when it did not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it ended before its time.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AcknowledgementEnd? Ended { get; init; }
}

[JsonConverter(typeof(WireNameConverter<AcknowledgementEnd>))]
public enum AcknowledgementEnd
{
    /// <summary>Somebody took it back.</summary>
    TakenBack,

    /// <summary>Somebody else has it now.</summary>
    Replaced,

    /// <summary>The incident got worse, and was told again.</summary>
    Worse,
}

/// <summary>What somebody wrote about an incident.</summary>
public sealed record IncidentNote(string By, DateTimeOffset At, string Text)
{
    /// <summary>Whether everybody who may see the incident may read it; its writer's name is not for them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Public { get; init; }

    /// <summary>Characters of a note.</summary>
    public const int LongestText = 500;

    /// <summary>Notes of one incident: an open one is read with every probe.</summary>
    public const int Most = 30;
}
