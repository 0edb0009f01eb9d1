using McpProbe.Text;

namespace McpProbe.Configuration;

/// <summary>The variables that the operator lets definitions of the API name: names, and prefixes that end with <c>*</c>.</summary>
public sealed class ApiSecrets
{
    /// <summary>The setting, on both heads.</summary>
    public const string Setting = "MCPPROBE_API_SECRETS";

    public static readonly ApiSecrets Default = new(["SECRET_*"]);

    private readonly IReadOnlyList<string> _patterns;

    private ApiSecrets(IReadOnlyList<string> patterns) => _patterns = patterns;

    /// <summary>Reads the setting: patterns with commas between them, or <c>none</c>.</summary>
    /// <param name="text">Null or blank for the default.</param>
    public static ApiSecrets? Parse(string? text, out string? mistake)
    {
        mistake = null;
        if (string.IsNullOrWhiteSpace(text))
            return Default;
        if (text.Trim() == "none")
            return new ApiSecrets([]);

        var patterns = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (Array.Find(patterns, pattern => !IsPattern(pattern)) is { } wrong)
            mistake = $"'{VisibleText.Excerpt(wrong)}' is neither a variable's name nor the beginning of names with a '*' after it, such as SECRET_*; write them with commas between them, or none";
        else if (Array.Find(patterns, pattern => !pattern.EndsWith('*') && SecretReference.IsOurs(pattern)) is { } ours)
            mistake = $"{ours} is McpProbe's own, which no endpoint may name; take it out";
        return mistake is null ? new ApiSecrets(patterns) : null;
    }

    public bool Allows(string name) => IsNamed(name)
        || _patterns.Any(pattern => pattern.EndsWith('*') && name.StartsWith(pattern[..^1], StringComparison.Ordinal));

    /// <summary>Whether it is allowed by its own name, not by a prefix.</summary>
    public bool IsNamed(string name) => _patterns.Contains(name, StringComparer.Ordinal);

    /// <summary>For messages.</summary>
    public override string ToString() => _patterns.Count == 0 ? "none" : string.Join(", ", _patterns);

    private static bool IsPattern(string text) =>
        text is "*" || SecretReference.Is($"${{env:{(text.EndsWith('*') ? text[..^1] : text)}}}");
}
