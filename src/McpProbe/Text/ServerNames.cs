namespace McpProbe.Text;

/// <summary>Whether two names mean one server.</summary>
public static class ServerNames
{
    /// <summary>Servers call themselves by the whole name that is listed, by its last part or by the title, in any spelling.</summary>
    /// <param name="own">What the server calls itself.</param>
    /// <param name="listed">Such as <c>com.example/weather</c>.</param>
    public static bool Agree(string own, string listed, string? title) =>
        Letters(own) is var letters && (letters.Length == 0 || new[] { listed, listed.Split('/')[^1], title ?? "" }
            .Select(Letters).Any(each => each.Length > 0 && (letters.Contains(each, StringComparison.Ordinal) || each.Contains(letters, StringComparison.Ordinal))));

    /// <summary>Whether two versions are the same, whether or not they begin with a <c>v</c>, and whatever build they name.</summary>
    public static bool AreSameVersion(string one, string other) => Plain(one) == Plain(other);

    private static string Plain(string version) => version.Trim().TrimStart('v', 'V').Split('+')[0];

    private static string Letters(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToUpperInvariant();
}
