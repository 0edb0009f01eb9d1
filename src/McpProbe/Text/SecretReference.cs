using System.Text;
using System.Text.RegularExpressions;

namespace McpProbe.Text;

/// <summary>
/// References to secrets in configured text: every <c>${env:NAME}</c> stands for the value of that name. Only references are
/// kept, stored and shown; they are resolved when a probe starts or an alert is sent.
/// </summary>
public static partial class SecretReference
{
    /// <summary>What stands in a text where a secret was.</summary>
    public const string Redacted = "***";

    public const string Example = "${env:NAME}";

    private const string Opening = "${env:";

    /// <summary>
    /// Variables that belong to McpProbe and its platform. Whoever may define an endpoint says where its headers go, and must not
    /// be able to send these there.
    /// </summary>
    private static readonly string[] Ours =
    [
        "MCPPROBE_", "AzureWebJobs", "WEBSITE_", "IDENTITY_", "MSI_", "APPLICATIONINSIGHTS_", "APPINSIGHTS_", "Store__", "Channels__",
        // Kestrel's certificates and their passwords.
        "ASPNETCORE_", "Kestrel__",
        // Tokens of the workload's own identity, which clouds hand over as NAME_FILE.
        "AZURE_FEDERATED_TOKEN", "AWS_WEB_IDENTITY_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    ];

    /// <summary>What follows a variable's name in the name of the one that holds the path of its file.</summary>
    public const string FileSuffix = "_FILE";

    private const int MostFileBytes = 64 * 1024;

    /// <summary>
    /// The variable of the process environment. When it is not set and <c>NAME_FILE</c> is, what stands in that file (Docker's
    /// convention for secrets) without the line break at its end, read anew each time: a rotated secret needs no restart. Null when
    /// there is neither, or the name is not for endpoints and channels to use; <see cref="WhyMissing"/> says which.
    /// </summary>
    public static string? FromEnvironment(string name)
    {
        if (IsOurs(name)) return null;
        if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) return value;
        return FileOf(name) is { } path ? ReadFile(path).Text : null;
    }

    /// <summary>Why <see cref="FromEnvironment"/> has no value for a name, and what to do: <c>… needs the environment variable …, which …; …</c>.</summary>
    public static string WhyMissing(string name)
    {
        var shown = ForeignText.Brief(name);
        if (IsOurs(name)) return $"the environment variable {shown}, which is McpProbe's own and for no endpoint to use; name another";
        return FileOf(name) is { } path && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name))
            ? $"the file that the environment variable {shown}{FileSuffix} names, which {ReadFile(path).Fault ?? "has changed meanwhile"}; put the secret there, for the prober to read"
            : $"the environment variable {shown}, which is not set; set it for the prober, or {shown}{FileSuffix} to the path of a file that holds it";
    }

    /// <summary>Whether a variable is McpProbe's or its platform's own, which no watched server may learn.</summary>
    public static bool IsOurs(string name) =>
        name == "Store" || Array.Exists(Ours, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private static string? FileOf(string name) => Environment.GetEnvironmentVariable(name + FileSuffix) is { Length: > 0 } path ? path : null;

    private static (string? Text, string? Fault) ReadFile(string path)
    {
        try
        {
            // Asked before the file is opened: to open a pipe could hang the probe.
            if (Directory.Exists(path)) return (null, "is a directory");
            if (new FileInfo(path).Length is 0) return (null, "is empty, or no ordinary file");
            using var file = File.OpenRead(path);
            var bytes = new byte[MostFileBytes + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MostFileBytes) return (null, "is larger than 64 KiB");
            var text = Encoding.UTF8.GetString(bytes, 0, length).TrimStart('\uFEFF');
            if (text.EndsWith('\n')) text = text[..(text.EndsWith("\r\n", StringComparison.Ordinal) ? ^2 : ^1)];
            return text.Length == 0 ? (null, "is empty") : (text, null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return (null, error is FileNotFoundException or DirectoryNotFoundException ? "does not exist" : "cannot be read");
        }
    }

    /// <summary>Whether the text holds a reference at all.</summary>
    public static bool IsIn(string text) => Pattern().IsMatch(text);

    /// <summary>Whether the text is one reference and nothing else.</summary>
    public static bool Is(string text) => Pattern().Match(text) is { Success: true } match && match.Length == text.Length;

    /// <summary>The names that the text refers to, in its order.</summary>
    public static IEnumerable<string> NamesIn(string text) => Pattern().Matches(text).Select(match => match.Groups["name"].Value);

    /// <summary>Whether every <c>${</c> begins a reference.</summary>
    public static bool AllValid(string text) => !Replace(text, "").Contains("${", StringComparison.Ordinal);

    public static string Replace(string text, string replacement) => Pattern().Replace(text, _ => replacement);

    /// <summary>Puts the values in the place of the references; text without any is its own value.</summary>
    /// <param name="secrets">Gives the value of a name; null for one that is not set. An empty value counts as not set.</param>
    /// <param name="missing">The first name without a value, or what begins a reference and is none.</param>
    public static bool TryResolve(string text, Func<string, string?> secrets, out string value, out string? missing)
    {
        if (!text.Contains(Opening, StringComparison.Ordinal))
        {
            (value, missing) = (text, null);
            return true;
        }

        string? unset = null;
        var resolved = Pattern().Replace(text, match =>
        {
            var name = match.Groups["name"].Value;
            if (secrets(name) is { Length: > 0 } secret)
                return secret;
            unset ??= name;
            return "";
        });
        if (unset is null && Replace(text, "") is var rest && rest.IndexOf(Opening, StringComparison.Ordinal) is >= 0 and var at)
            unset = rest[at..];
        missing = unset;
        value = unset is null ? resolved : "";
        return unset is null;
    }

    [GeneratedRegex(@"\$\{env:(?<name>[A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Pattern();
}
