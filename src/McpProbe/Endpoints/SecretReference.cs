using System.Text.RegularExpressions;

namespace McpProbe.Endpoints;

/// <summary>References to secrets, <c>${env:NAME}</c>: what a configuration holds in place of the secret itself.</summary>
internal static partial class SecretReference
{
    public const string Example = "${env:NAME}";

    /// <summary>Whether the text holds a reference.</summary>
    public static bool IsIn(string text) => Pattern().IsMatch(text);

    /// <summary>Whether the text is one reference and nothing else.</summary>
    public static bool Is(string text) => Pattern().Match(text) is { Success: true } match && match.Length == text.Length;

    /// <summary>Whether every <c>${</c> begins a reference.</summary>
    public static bool AllValid(string text) => !Replace(text, "").Contains("${", StringComparison.Ordinal);

    public static string Replace(string text, string replacement) => Pattern().Replace(text, replacement.Replace("$", "$$", StringComparison.Ordinal));

    [GeneratedRegex(@"\$\{env:[A-Za-z_][A-Za-z0-9_]*\}")]
    private static partial Regex Pattern();
}
