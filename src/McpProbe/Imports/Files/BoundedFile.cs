using System.Text;
using System.Text.Json;
using McpProbe.Configuration.Reading;
using McpProbe.Text;

namespace McpProbe.Imports.Files;

/// <summary>A file that something is imported from, read whole and bounded.</summary>
internal static class BoundedFile
{
    /// <exception cref="ImportFailedException">It is not there, too large, or not UTF-8.</exception>
    public static async Task<byte[]> ReadAsync(string path, ImportLimits limits, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(path))
                throw ImportFailedException.File($"{path} is a directory; name the file in it.");
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            var buffer = new byte[81920];
            // A pipe or a device has no length, and perhaps no end.
            while (await file.ReadAsync(buffer, cancellationToken) is var read && read > 0)
            {
                if (bytes.Length + read > limits.FileBytes)
                    throw ImportFailedException.File($"{path} is larger than {limits.FileBytes >> 20} MiB, the most that is read of a file; take a part of it.");
                bytes.Write(buffer, 0, read);
            }

            return bytes.ToArray();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw ImportFailedException.File($"{path}: there is no such file; check the path.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw ImportFailedException.File($"{path} cannot be read: {ForeignText.Brief(error.Message)}");
        }
    }

    /// <param name="what">What it should be, such as <c>an export of a registry</c>.</param>
    /// <exception cref="ImportFailedException">It is not JSON; the message says where.</exception>
    public static async Task<JsonDocument> ReadJsonAsync(
        string path, string what, ImportLimits limits, JsonDocumentOptions options, CancellationToken cancellationToken)
    {
        var bytes = await ReadAsync(path, limits, cancellationToken);
        try
        {
            return JsonDocument.Parse(bytes.AsMemory(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? 3 : 0), options);
        }
        catch (JsonException mistake)
        {
            throw ImportFailedException.File($"{path}:{(mistake.LineNumber ?? 0) + 1}:{(mistake.BytePositionInLine ?? 0) + 1}: it is not JSON, or only half of it, and should be {what}.");
        }
    }

    /// <exception cref="ImportFailedException">It is not YAML as it is read here; the message says where.</exception>
    public static async Task<ConfigNode> ReadYamlAsync(string path, string what, ImportLimits limits, CancellationToken cancellationToken)
    {
        // Every node of YAML takes many times its length.
        var bytes = await ReadAsync(path, limits with { FileBytes = Math.Min(limits.FileBytes, 4 << 20) }, cancellationToken);
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
            throw ImportFailedException.File($"{path} is not valid UTF-8, and should be {what}.");
        try
        {
            if (YamlConfig.Read(Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF')) is { Kind: ConfigKind.Mapping } root)
                return root;
        }
        catch (ConfigSyntaxException mistake)
        {
            throw ImportFailedException.File($"{path}:{mistake.At.Line}:{mistake.At.Column}: {mistake.Message}");
        }

        throw ImportFailedException.File($"{path} is no mapping of keys to values, and should be {what}.");
    }
}
