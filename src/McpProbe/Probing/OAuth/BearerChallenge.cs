namespace McpProbe.Probing.OAuth;

/// <summary>The parameters of the <c>Bearer</c> challenge in <c>WWW-Authenticate</c> (RFC 9110, 11.6.1; RFC 6750, 3) that discovery uses.</summary>
/// <param name="ResourceMetadata">Where the protected resource metadata is (RFC 9728, 5.1).</param>
/// <param name="Scope">What the server wants the token to have.</param>
internal sealed record BearerChallenge(string? ResourceMetadata, string? Scope)
{
    public static readonly BearerChallenge None = new(null, null);

    /// <summary>Reads a header's value, which may hold several challenges; what is malformed ends the reading.</summary>
    public static BearerChallenge Read(string header)
    {
        string? scheme = null, metadata = null, scope = null;
        var rest = header.AsSpan();
        while ((rest = rest.TrimStart(" \t,")).Length > 0)
        {
            var word = Token(ref rest);
            if (word.IsEmpty)
                break;

            // A word without '=' begins the next challenge; one with it is a parameter (or, '=' at the end, a token68 of no use here).
            var afterSpace = rest.TrimStart(" \t");
            if (!afterSpace.StartsWith("="))
            {
                scheme = word.ToString();
                continue;
            }

            rest = afterSpace.TrimStart('=').TrimStart(" \t");
            var value = Value(ref rest);
            if (!"Bearer".Equals(scheme, StringComparison.OrdinalIgnoreCase))
                continue;
            if (word.Equals("resource_metadata", StringComparison.OrdinalIgnoreCase))
                metadata ??= value;
            else if (word.Equals("scope", StringComparison.OrdinalIgnoreCase))
                scope ??= value;
        }

        return new(metadata, scope);
    }

    private static ReadOnlySpan<char> Token(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOfAny(" \t,=\"");
        var token = end < 0 ? rest : rest[..end];
        rest = rest[token.Length..];
        return token;
    }

    private static string Value(ref ReadOnlySpan<char> rest)
    {
        if (!rest.StartsWith("\""))
            return Token(ref rest).ToString();

        var value = new System.Text.StringBuilder();
        var i = 1;
        for (; i < rest.Length && rest[i] != '"'; i++)
        {
            if (rest[i] == '\\' && i + 1 < rest.Length)
                i++;
            value.Append(rest[i]);
        }

        rest = i < rest.Length ? rest[(i + 1)..] : [];
        return value.ToString();
    }
}
