using System.Text.RegularExpressions;

namespace McpProbe.Probing;

/// <summary>Secrets by reference: <c>${env:NAME}</c> anywhere in a text, resolved only where the text is used.</summary>
public static partial class SecretReference
{
    /// <param name="missing">The first name that is not set.</param>
    public static bool TryResolve(string text, Func<string, string?> secrets, out string value, out string? missing)
    {
        string? unset = null;
        value = Reference().Replace(text, match =>
        {
            var name = match.Groups[1].Value;
            var found = secrets(name);
            if (found is null)
                unset ??= name;
            return found ?? "";
        });
        missing = unset;
        return missing is null;
    }

    /// <summary>Whether the text holds a reference.</summary>
    public static bool IsIn(string text) => Reference().IsMatch(text);

    [GeneratedRegex(@"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Reference();
}
