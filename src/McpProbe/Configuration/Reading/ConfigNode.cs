namespace McpProbe.Configuration.Reading;

/// <summary>A value of a YAML or JSON document with its place: what both readers make, and the binder reads.</summary>
internal sealed record ConfigNode(ConfigKind Kind, ConfigPosition At)
{
    /// <summary>Nesting that is read; the shapes need less than ten.</summary>
    public const int MostDepth = 64;

    /// <summary>The text of a scalar.</summary>
    public string Text { get; init; } = "";

    public IReadOnlyList<ConfigNode> Items { get; init; } = [];

    /// <summary>In the document's order; a key may stand twice.</summary>
    public IReadOnlyList<ConfigMember> Members { get; init; } = [];

    /// <summary>The value of a mapping's key; null when there is none.</summary>
    public ConfigNode? Member(string key) => Members.FirstOrDefault(member => member.Key == key)?.Value;
}

/// <param name="At">Where the key stands.</param>
internal sealed record ConfigMember(string Key, ConfigPosition At, ConfigNode Value);

/// <summary>Line and column, from 1; the column counts UTF-16 code units, as editors do.</summary>
internal readonly record struct ConfigPosition(int Line, int Column);

internal enum ConfigKind
{
    Null,
    Boolean,
    Number,
    String,
    Sequence,
    Mapping,
}

/// <summary>The document is not YAML or JSON, or uses what is not read here. Thrown and caught within this folder.</summary>
internal sealed class ConfigSyntaxException(ConfigPosition at, string message) : Exception(message)
{
    public ConfigPosition At => at;
}
