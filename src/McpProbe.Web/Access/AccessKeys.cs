namespace McpProbe.Web.Access;

/// <summary>What both heads demand of the two keys before they start.</summary>
public static class AccessKeys
{
    /// <summary>Administers: it may do everything.</summary>
    public const string ApiKeyVariable = "MCPPROBE_API_KEY";

    /// <summary>Reads the private view, and changes nothing.</summary>
    public const string ReadKeyVariable = "MCPPROBE_READ_KEY";

    /// <summary>A shorter one could be guessed.</summary>
    public const int LeastLength = 16;

    /// <summary>Every mistake, as the setting's name and a sentence that follows it; neither holds any part of a key.</summary>
    public static IEnumerable<(string Setting, string What)> MistakesIn(string? apiKey, string? readKey)
    {
        foreach (var (setting, key) in new[] { (ApiKeyVariable, apiKey), (ReadKeyVariable, readKey) })
        {
            if (key is not null && MistakeIn(key) is { } what)
                yield return (setting, what);
        }

        if (readKey is not null && readKey == apiKey)
            yield return (ReadKeyVariable, $"is the same key as {ApiKeyVariable}, so whoever reads could change everything: give it another value");
    }

    private static string? MistakeIn(string key) =>
        string.IsNullOrWhiteSpace(key) ? "is set, but blank: give it a key, or unset it"
        : char.IsWhiteSpace(key[0]) || char.IsWhiteSpace(key[^1]) ? "begins or ends with a space or a line break, which no request can send: write the key alone (a file's last line break counts too)"
        : !key.All(each => each is >= ' ' and <= '~') ? "has characters that a request header cannot carry: take letters, digits and signs of ASCII"
        : key.Length < LeastLength ? $"is a key of {key.Length} characters, and a key has at least {LeastLength}: make one with 'openssl rand -hex 24'"
        : null;
}
