using System.Text;
using McpProbe.Alerts.Channels;
using McpProbe.Configuration.Binders;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration;

/// <summary>The probes file: what to watch and whom to tell, in YAML or JSON (samples/probes.yaml, docs/schema/probes.schema.json).</summary>
public static class ProbesFile
{
    /// <summary>
    /// Reads a file, and looks at the TLS files that it names, whose relative paths begin at its own directory. An unreadable file
    /// is a mistake at line 1, column 1.
    /// </summary>
    /// <param name="longestTimeout">The longest time-out that the head allows, such as <see cref="AzureLimits.Timeout"/>; null for any.</param>
    public static async Task<Parsed<ProbesDocument>> ReadAsync(
        string path, CancellationToken cancellationToken, TimeSpan? longestTimeout = null)
    {
        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Unreadable(path, error switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file; check the path",
                _ when Directory.Exists(path) => "this is a directory; name the file in it. Mounted into a container, it is one when the file was missing outside",
                _ => $"cannot read the file: {VisibleText.Line(error.Message, 200)}",
            });
        }

        return Read(path, bytes, Path.GetDirectoryName(Path.GetFullPath(path)), longestTimeout);
    }

    /// <summary>The same for a stream, such as standard input. Relative paths of TLS files begin at the current directory.</summary>
    public static async Task<Parsed<ProbesDocument>> ReadAsync(
        string source, Stream content, CancellationToken cancellationToken, TimeSpan? longestTimeout = null)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken);
        return Read(source, bytes.ToArray(), Environment.CurrentDirectory, longestTimeout);
    }

    private static Parsed<ProbesDocument> Read(string source, byte[] bytes, string? directory, TimeSpan? longestTimeout)
    {
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
            return Unreadable(source, "the file is not valid UTF-8; save it as UTF-8");

        var reader = new ConfigReader(source) { Directory = directory, LongestTimeout = longestTimeout };
        var document = Document(reader, source, Encoding.UTF8.GetString(bytes));
        TlsFiles.Check(reader);
        return Outcome(reader, document);
    }

    /// <summary>Reads a document, and opens nothing; <c>.json</c> sources are read as JSON, everything else as YAML.</summary>
    /// <param name="longestTimeout">As for a file.</param>
    /// <param name="channels">Channels that there are beside the document's own; null for none.</param>
    public static Parsed<ProbesDocument> Parse(
        string source, string text, TimeSpan? longestTimeout = null, IReadOnlyCollection<string>? channels = null)
    {
        var reader = new ConfigReader(source) { LongestTimeout = longestTimeout };
        return Outcome(reader, Document(reader, source, text, channels));
    }

    /// <summary>The same for a document whose channels are another process's, which alone knows them.</summary>
    public static Parsed<ProbesDocument> ParseForOther(string source, string text)
    {
        var reader = new ConfigReader(source);
        return Outcome(reader, Document(reader, source, text, anyChannel: true));
    }

    private static ProbesDocument Document(
        ConfigReader reader, string source, string text, IReadOnlyCollection<string>? channels = null, bool anyChannel = false)
    {
        text = text.TrimStart('\uFEFF');
        var document = new ProbesDocument([], []);
        try
        {
            if (Root(source, text) is { } root) document = new ProbesBinder(reader, channels, anyChannel).Document(root);
        }
        catch (ConfigSyntaxException mistake)
        {
            reader.Fail(mistake.At, "", mistake.Message);
        }

        return document;
    }

    private static Parsed<ProbesDocument> Outcome(ConfigReader reader, ProbesDocument document) =>
        new(reader.HasErrors ? null : document, reader.Errors);

    // Null for a document without content.
    private static ConfigNode? Root(string source, string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var root = source.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? JsonConfig.Read(Encoding.UTF8.GetBytes(text))
            : YamlConfig.Read(text);
        return root is { Kind: ConfigKind.Null } ? null : root;
    }

    private static Parsed<ProbesDocument> Unreadable(string path, string message) => new(null, [new ConfigError(path, 1, 1, "", message)]);
}

public sealed record ProbesDocument(IReadOnlyList<Endpoint> Endpoints, IReadOnlyList<Channel> Channels)
{
    /// <summary>The zone whose times alerts show beside UTC, by its IANA name; null for none.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Which reports are sent after each month, at most one a channel.</summary>
    public IReadOnlyList<ReportSchedule> Reports { get; init; } = [];

    /// <summary>Registries whose servers are watched too.</summary>
    public IReadOnlyList<ImportDefinition> Imports { get; init; } = [];

    /// <summary>Status pages for people outside.</summary>
    public IReadOnlyList<PublicPage> Pages { get; init; } = [];
}
