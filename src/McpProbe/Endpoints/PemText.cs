using System.Text;
using McpProbe.Text;

namespace McpProbe.Endpoints;

/// <summary>Gets the PEM text (RFC 7468) that a value of <see cref="TlsSettings"/> names: a file's, or a variable's.</summary>
internal static class PemText
{
    /// <summary>Larger than any bundle of authorities.</summary>
    private const int MaxBytes = 2 << 20;

    /// <summary>The text, or what is wrong with its source.</summary>
    /// <param name="value">A path, or text with <c>${env:NAME}</c>.</param>
    public static (string Text, string? Mistake) Read(string value, Func<string, string?> secrets)
    {
        if (!SecretReference.IsIn(value))
            return ReadFile(value);
        return SecretReference.TryResolve(value, secrets, out var text, out var missing)
            ? (text, null)
            : ("", $"needs {SecretReference.WhyMissing(missing!)}");
    }

    private static (string, string?) ReadFile(string path)
    {
        var shown = $"the file '{ForeignText.Brief(path)}'";
        try
        {
            // Asked before the file is opened: to open a pipe could hang the probe.
            var length = new FileInfo(path).Length;
            if (length is 0)
                return ("", $"{shown} is empty, or no ordinary file; write the PEM text into it");
            if (length > MaxBytes)
                return ("", $"{shown} is larger than {MaxBytes >> 20} MiB, too large for PEM text; name another file");
            return (File.ReadAllText(path, Encoding.Latin1), null);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return ("", $"{shown} does not exist; correct the path, which counts from {(Path.IsPathRooted(path) ? "the root" : "the directory that McpProbe was started in")}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return ("", $"{shown} cannot be read ({ForeignText.Brief(error.Message)}); let McpProbe's user read it");
        }
    }
}
