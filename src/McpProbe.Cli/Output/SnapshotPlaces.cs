using System.Text.Json;

namespace McpProbe.Cli.Output;

/// <summary>Where the tools of a snapshot file stand in it, so that a reviewer is led to the line.</summary>
internal sealed class SnapshotPlaces
{
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);

    /// <param name="path">As the user wrote it.</param>
    /// <param name="file">A snapshot that was read without a mistake.</param>
    public SnapshotPlaces(string path, ReadOnlySpan<byte> file)
    {
        Path = path;
        if (file.StartsWith("\uFEFF"u8)) file = file[3..];
        var reader = new Utf8JsonReader(file, new JsonReaderOptions { MaxDepth = 512 });
        var (inTools, line, counted) = (false, 1, 0);
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName)
                inTools = reader.ValueTextEquals("tools"u8);
            if (!inTools || reader.CurrentDepth != 3 || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("name"u8))
                continue;

            var at = (int)reader.TokenStartIndex;
            line += file[counted..at].Count((byte)'\n');
            counted = at;
            reader.Read();
            try
            {
                _lines.TryAdd(reader.GetString()!, line);
            }
            catch (InvalidOperationException)
            {
                // A lone surrogate, which no string holds; the file's first line must do.
            }
        }
    }

    public string Path { get; }

    /// <summary>The line of a tool's name, from 1; the first line for the server and for tools that the file does not have.</summary>
    public int LineOf(string? tool) => tool is not null && _lines.TryGetValue(tool, out var line) ? line : 1;
}
