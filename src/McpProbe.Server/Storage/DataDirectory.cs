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

    /// <summary>The keys that protect the cookies of people who signed in with a provider; made where needed, its owner's alone.</summary>
    public DirectoryInfo SignInKeys()
    {
        var path = System.IO.Path.Combine(Path, "sign-in-keys");
        if (OperatingSystem.IsWindows())
            return Directory.CreateDirectory(path);
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var directory = Directory.CreateDirectory(path, Owner);
        // One that was there, such as from a backup, may be open.
        directory.UnixFileMode = Owner;
        return directory;
    }

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
        catch (IOException failure) when (failure.HResult is LockedOnLinux or LockedOnMac or LockedOnWindows)
        {
            throw new StorageException(
                $"The data directory {full} is in use by another McpProbe: stop that one, or choose another directory with --data.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(full, failure);
        }
    }

    public void Dispose() => _lock.Dispose();

    // EWOULDBLOCK, and ERROR_SHARING_VIOLATION: the runtime has no exception of its own for a lock that is held.
    private const int LockedOnLinux = 11;
    private const int LockedOnMac = 35;
    private const int LockedOnWindows = unchecked((int)0x80070020);

    private static StorageException NotWritable(string path, Exception cause) =>
        new($"The data directory {path} cannot be written: {cause.Message} Make it writable and free space on its disk, or choose another directory with --data.", cause);
}
