namespace McpProbe.Server.Storage;

/// <summary>The directory that holds everything this head keeps, locked for one process.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    public string Database => System.IO.Path.Combine(Path, "mcpprobe.db");

    /// <summary>Creates it where needed and takes its lock. The system gives the lock back when the process ends, however it ends.</summary>
    /// <exception cref="StorageException">It cannot be written, or another process has it.</exception>
    public static DataDirectory Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(full);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(full, failure);
        }
        try
        {
            return new DataDirectory(full, new FileStream(
                System.IO.Path.Combine(full, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException failure)
        {
            throw NotWritable(full, failure);
        }
        catch (IOException failure) when (failure is not (DirectoryNotFoundException or PathTooLongException or FileNotFoundException))
        {
            throw IsReadOnlyFileSystem(failure)
                ? NotWritable(full, failure)
                : new StorageException(
                    $"The data directory {full} is in use by another McpProbe: stop that one, or choose another directory with --data.", failure);
        }
    }

    public void Dispose() => _lock.Dispose();

    // EROFS on Linux and macOS; the runtime maps it to a plain IOException, as it does a lock that is held.
    private static bool IsReadOnlyFileSystem(IOException failure) => failure.HResult == 30;

    private static StorageException NotWritable(string path, Exception cause) =>
        new($"The data directory {path} cannot be written: {cause.Message} Choose another directory with --data.", cause);
}
