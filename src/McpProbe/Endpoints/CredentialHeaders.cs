namespace McpProbe.Endpoints;

/// <summary>Which request headers carry credentials, by name: their values must be references, and never appear anywhere.</summary>
public static class CredentialHeaders
{
    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        "authorization", "auth", "cookie", "token", "secret", "password", "credential", "credentials", "apikey", "jwt",
    };

    // x-api-key, ocp-apim-subscription-key, x-functions-key; but not idempotency-key.
    private static readonly HashSet<string> BeforeKey = new(StringComparer.OrdinalIgnoreCase)
    {
        "api", "access", "subscription", "functions", "function", "auth", "secret", "private", "master", "license",
    };

    public static bool Contains(string header)
    {
        var words = header.Split('-', '_');
        for (var i = 0; i < words.Length; i++)
        {
            if (Words.Contains(words[i])) return true;
            if (i > 0 && words[i].Equals("key", StringComparison.OrdinalIgnoreCase) && BeforeKey.Contains(words[i - 1])) return true;
        }

        return false;
    }
}
