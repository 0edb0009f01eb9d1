using System.Text.RegularExpressions;
using McpProbe.Drift.Findings;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Imports.Planning;

/// <summary>What looks like a credential in text that others published.</summary>
internal static partial class ForeignSecrets
{
    /// <summary>By an issuer's form, or as long and random as only keys are.</summary>
    public static bool LooksLikeOne(string text) => SecretPatterns.Contains(text) || (Random().Match(text) is { Success: true } match && IsMixed(match.Value));

    /// <summary>The names of the parameters that hold one, as they are written. A reference or a variable in braces holds none.</summary>
    public static IEnumerable<string> InQuery(string query) => query.TrimStart('?').Split('&', ';')
        .Select(pair => (Name: pair.Split('=')[0], Value: pair.Contains('=', StringComparison.Ordinal) ? pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..] : ""))
        .Where(pair => pair.Value.Length > 0 && !SecretReference.IsIn(pair.Value) && !pair.Value.Contains('{', StringComparison.Ordinal)
            && (IsCredential(Uri.UnescapeDataString(pair.Name)) || LooksLikeOne(Uri.UnescapeDataString(pair.Value))))
        .Select(pair => pair.Name);

    private static bool IsCredential(string name) =>
        CredentialHeaders.Contains(Camel().Replace(name, "-"))
        || name.ToLowerInvariant() is "key" or "sig" or "signature" or "code" or "pass" or "pwd" or "accesstoken" or "accesskey" or "subscription-key" or "sessionid" or "session";

    // 24 or more, with figures and letters of both cases or many of one, is no word.
    private static bool IsMixed(string text) =>
        text.Count(char.IsAsciiDigit) >= 3 && text.Count(char.IsAsciiLetter) >= 6 && text.Length >= 24;

    [GeneratedRegex(@"(?<![A-Za-z0-9_])[A-Za-z0-9_]{24,}(?![A-Za-z0-9_])")]
    private static partial Regex Random();

    [GeneratedRegex(@"(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex Camel();
}
