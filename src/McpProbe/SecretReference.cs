using System.Text;

namespace McpProbe;

/// <summary>
/// References to secrets in configured text: every <c>${env:NAME}</c> stands for the value of that name. Only references are
/// kept, stored and shown; they are resolved when a probe starts or an alert is sent.
/// </summary>
public static class SecretReference
{
    private const string Opening = "${env:";

    /// <summary>Whether the text holds a reference at all.</summary>
    public static bool IsIn(string text) => text.Contains(Opening, StringComparison.Ordinal);

    /// <summary>Puts the values in the place of the references; text without any is its own value.</summary>
    /// <param name="secrets">Gives the value of a name; null for one that is not set. An empty value counts as not set.</param>
    /// <param name="missing">The first name without a value; when a reference has no closing brace, the reference itself.</param>
    public static bool TryResolve(string text, Func<string, string?> secrets, out string value, out string? missing)
    {
        value = text;
        missing = null;
        if (!IsIn(text))
            return true;

        var resolved = new StringBuilder(text.Length);
        var position = 0;
        while (text.IndexOf(Opening, position, StringComparison.Ordinal) is var start && start >= 0)
        {
            var end = text.IndexOf('}', start);
            missing = end < 0 ? text[start..] : text[(start + Opening.Length)..end];
            if (end < 0 || secrets(missing) is not { Length: > 0 } secret)
            {
                value = "";
                return false;
            }

            resolved.Append(text, position, start - position).Append(secret);
            position = end + 1;
        }

        value = resolved.Append(text, position, text.Length - position).ToString();
        missing = null;
        return true;
    }
}
