using System.Security.Cryptography;

namespace McpProbe.Server.Configuration;

/// <summary>What a file holds, look after look, to see whether it has changed.</summary>
internal sealed class FileFingerprint(string path, TimeProvider time)
{
    /// <summary>
    /// A larger file is read again when its size or its time says so, and once in <see cref="Anyway"/>: editors, symbolic links of Kubernetes and
    /// bind mounts keep no common rule for times. A smaller one is read at each look.
    /// </summary>
    internal const int Large = 256 << 10;
    internal static readonly TimeSpan Anyway = TimeSpan.FromMinutes(1);

    private (long Length, DateTime Written, long At, string Text)? _last;

    /// <summary>The reason why it cannot be read, when it cannot.</summary>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var (length, written) = (stream.Length, File.GetLastWriteTimeUtc(stream.SafeFileHandle));
            if (length > Large && _last is { } last && (last.Length, last.Written) == (length, written) && time.GetElapsedTime(last.At) < Anyway)
                return last.Text;
            var text = Convert.ToHexString(await SHA256.HashDataAsync(stream, cancellationToken));
            _last = (length, written, time.GetTimestamp(), text);
            return text;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.GetType().Name;
        }
    }
}
