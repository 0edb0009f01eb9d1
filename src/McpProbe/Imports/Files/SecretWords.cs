using System.Text.RegularExpressions;
using McpProbe.Endpoints;
using McpProbe.Imports.Planning;

namespace McpProbe.Imports.Files;

/// <summary>Whether a command line holds a secret: then it is not taken over, since it would stand in the file, in results and in the list of processes.</summary>
internal static partial class SecretWords
{
    /// <summary>Why, without the secret; null when there is none to be seen.</summary>
    public static string? MistakeIn(IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            // A client, or the program itself, puts the value in.
            if (Filled().IsMatch(word))
                continue;
            if (Flag().Match(word) is { Success: true } flag && CredentialHeaders.Contains(flag.Groups["name"].Value) && (flag.Groups["value"].Success || i + 1 < words.Count))
                return $"its command holds a secret ({flag.Groups["name"].Value}); give it by 'environment' as a reference";
            if (Assignment().Match(word) is { Success: true } assignment && CredentialHeaders.Contains(assignment.Groups["name"].Value))
                return $"its command holds a secret ({assignment.Groups["name"].Value}); give it by 'environment' as a reference";
            if (Header().Match(word) is { Success: true } header && CredentialHeaders.Contains(header.Groups["name"].Value))
                return $"its command holds a secret (the header {header.Groups["name"].Value}); give it by 'environment' as a reference";
            if (ForeignSecrets.LooksLikeOne(word) || UserInfo().IsMatch(word) || HasSecretInQuery(word))
                return "its command holds what looks like a secret; give it by 'environment' as a reference";
        }

        return null;
    }

    private static bool HasSecretInQuery(string word) =>
        word.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(word, UriKind.Absolute, out var url) && ForeignSecrets.InQuery(url.Query).Any();

    [GeneratedRegex(@"\A([A-Za-z][A-Za-z0-9_-]*[:=] ?)?((Bearer|Basic) )?\$\{?[A-Za-z_:][A-Za-z0-9_:]*\}?\z")]
    private static partial Regex Filled();

    [GeneratedRegex(@"\A--?(?<name>[A-Za-z][A-Za-z0-9_-]*)(=(?<value>.+))?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Flag();

    [GeneratedRegex(@"\A(?<name>[A-Za-z_][A-Za-z0-9_]*)=.+\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\A(?<name>[A-Za-z][A-Za-z0-9-]*): ?.+\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Header();

    [GeneratedRegex(@"://[^/\s@]+:[^/\s@]+@")]
    private static partial Regex UserInfo();
}
