using System.Text;
using McpProbe.Text;

namespace McpProbe.Imports.Writing;

/// <summary>A file that is there whole, as it was or as it is to be, whatever happens meanwhile.</summary>
public static class ReplacedFile
{
    /// <exception cref="ImportFailedException">It cannot be written; what was there is there still.</exception>
    public static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        string? beside = null;
        try
        {
            // A link stays one.
            var target = (new FileInfo(path).LinkTarget is null ? null : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName) ?? Path.GetFullPath(path);
            beside = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, Options = FileOptions.Asynchronous };
            if (!OperatingSystem.IsWindows() && File.Exists(target))
                options.UnixCreateMode = File.GetUnixFileMode(target);
            await using (var file = new FileStream(beside, options))
            {
                await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
                file.Flush(flushToDisk: true);
            }

            if (!OperatingSystem.IsWindows() && File.Exists(target))
                File.SetUnixFileMode(beside, File.GetUnixFileMode(target));
            File.Move(beside, target, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or OperationCanceledException)
        {
            Remove(beside);
            if (error is OperationCanceledException)
                throw;
            throw ImportFailedException.File($"{path} cannot be written, and is as it was: {ForeignText.Brief(error.Message)}");
        }
    }

    private static void Remove(string? path)
    {
        try
        {
            if (path is not null)
                File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It was said already that nothing can be written there.
        }
    }
}
