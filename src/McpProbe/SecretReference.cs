using System.Text.RegularExpressions;

namespace McpProbe;

/// <summary>
/// References to secrets in configured text: every <c>${env:NAME}</c> stands for the value of that name. Only references are
/// kept, stored and shown; they are resolved when a probe starts or an alert is sent.
/// </summary>
public static partial class SecretReference
{
    public const string Example = "${env:NAME}";

    private const string Opening = "${env:";

    /// <summary>
    /// Variables that belong to McpProbe and its platform. Whoever may define an endpoint says where its headers go, and must not
    /// be able to send these there.
    /// </summary>
    private static readonly string[] Ours =
        ["MCPPROBE_", "AzureWebJobs", "WEBSITE_", "IDENTITY_", "MSI_", "APPLICATIONINSIGHTS_", "Store__", "Channels__"];

    /// <summary>The variable of the process environment; null when it is not set, or is not for endpoints and channels to use.</summary>
    public static string? FromEnvironment(string name) => IsOurs(name) ? null : Environment.GetEnvironmentVariable(name);

    /// <summary>Whether a variable is McpProbe's or its platform's own, which no watched server may learn.</summary>
    public static bool IsOurs(string name) =>
        name == "Store" || Array.Exists(Ours, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the text holds a reference at all.</summary>
    public static bool IsIn(string text) => Pattern().IsMatch(text);

    /// <summary>Whether the text is one reference and nothing else.</summary>
    public static bool Is(string text) => Pattern().Match(text) is { Success: true } match && match.Length == text.Length;

    /// <summary>Whether every <c>${</c> begins a reference.</summary>
    public static bool AllValid(string text) => !Replace(text, "").Contains("${", StringComparison.Ordinal);

    public static string Replace(string text, string replacement) => Pattern().Replace(text, _ => replacement);

    /// <summary>Puts the values in the place of the references; text without any is its own value.</summary>
    /// <param name="secrets">Gives the value of a name; null for one that is not set. An empty value counts as not set.</param>
    /// <param name="missing">The first name without a value, or what begins a reference and is none.</param>
    public static bool TryResolve(string text, Func<string, string?> secrets, out string value, out string? missing)
    {
        string? unset = null;
        var resolved = Pattern().Replace(text, match =>
        {
            var name = match.Groups["name"].Value;
            if (secrets(name) is { Length: > 0 } secret)
                return secret;
            unset ??= name;
            return "";
        });
        if (unset is null && Replace(text, "") is var rest && rest.IndexOf(Opening, StringComparison.Ordinal) is >= 0 and var at)
            unset = rest[at..];
        missing = unset;
        value = unset is null ? resolved : "";
        return unset is null;
    }

    [GeneratedRegex(@"\$\{env:(?<name>[A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Pattern();
}
