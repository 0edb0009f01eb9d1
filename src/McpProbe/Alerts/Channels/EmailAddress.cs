namespace McpProbe.Alerts.Channels;

/// <summary>
/// E-mail addresses as configurations may hold them: the plain <c>local@domain</c> of RFC 5321, 4.1.2, in ASCII, without quoted
/// parts, comments, display names and address literals. What passes is safe in a header and in an SMTP command as it stands.
/// </summary>
public static class EmailAddress
{
    public static bool IsValid(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        // RFC 5321, 4.5.3.1, and its erratum 1690: 64 octets, and 254 in all.
        return at is >= 1 and <= 64 && text.Length <= 254
            && text[..at].Split('.').All(atom => atom.Length > 0 && atom.All(IsAtomText))
            && text[(at + 1)..].Split('.').All(IsLabel);
    }

    // RFC 5322, 3.2.3.
    private static bool IsAtomText(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-/=?^_`{|}~".Contains(c, StringComparison.Ordinal);

    private static bool IsLabel(string label) =>
        label.Length is >= 1 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
