namespace McpProbe.Endpoints;

/// <summary>A <c>tools/call</c> with known arguments: proves that a tool works, not only that it is listed.</summary>
public sealed record SmokeCall
{
    /// <summary>
    /// The tool, which is called whatever its annotations say: who names it answers for it. Null lets the probe take one that
    /// says it is read-only: the first by name without any argument, or else the first that requires none.
    /// </summary>
    public string? Tool { get; init; }

    /// <summary>A JSON object, as text.</summary>
    /// <value><c>{}</c>.</value>
    public string Arguments { get; init; } = "{}";

    /// <summary>What the answer's text must contain; null for anything.</summary>
    public string? ExpectText { get; init; }

    /// <summary>JSON pointers (RFC 6901) into <c>structuredContent</c>, each with the JSON value, as text, that must stand there.</summary>
    public IReadOnlyDictionary<string, string> ExpectContent { get; init; } = Nothing;

    /// <summary>The tool must report an error (<c>isError</c>), instead of none.</summary>
    public bool ExpectError { get; init; }

    private static readonly Dictionary<string, string> Nothing = [];
}
