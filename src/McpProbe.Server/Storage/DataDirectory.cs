using System.Runtime.Versioning;

namespace McpProbe.Server.Storage;

/// <summary>
/// The directory that holds everything this head keeps, locked for one process. Its files are their owner's alone: they hold what
/// private servers said, and their addresses.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    private const string DatabaseName = "mcpprobe.db";
    private const string LockName = "lock";
    private const UnixFileMode OwnersDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream @lock, string? warning)
    {
        Path = path;
        _lock = @lock;
        Warning = warning;
    }

    public string Path { get; }

    public string Database => System.IO.Path.Combine(Path, DatabaseName);

    /// <summary>What others may do that they should not, and what to do about it; null when all is well.</summary>
    public string? Warning { get; }

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
        if (File.Exists(full))
            throw new StorageException($"The data directory {full} is a file: name a directory with --data.");
        try
        {
            Create(full);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(full, failure);
        }
        try
        {
            var @lock = OpenOwn(System.IO.Path.Combine(full, LockName), FileShare.None);
            try
            {
                // Whether it can be written; one that is missing is made later (DatabaseFile), a directory in its place refused there.
                var database = System.IO.Path.Combine(full, DatabaseName);
                if (File.Exists(database))
                    using (OpenOwn(database, FileShare.ReadWrite)) { }
                return new DataDirectory(full, @lock, OperatingSystem.IsWindows() ? null : Tighten(full));
            }
            catch
            {
                @lock.Dispose();
                throw;
            }
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

    /// <summary>Makes an empty file, its owner's alone; SQLite gives the files beside a database the same rights.</summary>
    public void MakeFile(string path)
    {
        try
        {
            using (OpenOwn(path, FileShare.ReadWrite)) { }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(Path, failure);
        }
    }

    public void Dispose() => _lock.Dispose();

    // EWOULDBLOCK, and ERROR_SHARING_VIOLATION: the runtime has no exception of its own for a lock that is held.
    private const int LockedOnLinux = 11;
    private const int LockedOnMac = 35;
    private const int LockedOnWindows = unchecked((int)0x80070020);

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnersDirectory);
    }

    private static FileStream OpenOwn(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnersFile;
        return new FileStream(path, options);
    }

    /// <summary>
    /// Takes from others what an older version, or a loose umask, gave them: of our files always, of the directory when there is nothing
    /// in it but ours. One that holds other things is somebody's home or a shared one, and its rights are not ours to change.
    /// </summary>
    [UnsupportedOSPlatform("windows")]
    private static string? Tighten(string path)
    {
        var (ours, others) = (new List<string>(), false);
        foreach (var entry in Directory.EnumerateFileSystemEntries(path))
        {
            var name = System.IO.Path.GetFileName(entry);
            // The database, its -wal and -shm, and the copies that people put beside it under its name.
            if (name == LockName || name.StartsWith(DatabaseName, StringComparison.Ordinal) && File.Exists(entry))
                ours.Add(entry);
            else
                others = true;
        }

        var open = ours.Where(file => !TrySet(file, OwnersFile)).ToList();
        if (open.Count > 0)
            return $"{string.Join(", ", open)} can be read by other users, and belongs to another user than McpProbe's: let its owner run 'chmod 600'.";
        if (!IsOpen(path, OwnersDirectory) || (!others && TrySet(path, OwnersDirectory)))
            return null;
        return $"The data directory {path} can be opened by other users. McpProbe's own files in it can not be read by them; run 'chmod 700 {path}', or give McpProbe a directory of its own with --data.";
    }

    [UnsupportedOSPlatform("windows")]
    private static bool TrySet(string path, UnixFileMode mode)
    {
        if (!IsOpen(path, mode))
            return true;
        try
        {
            File.SetUnixFileMode(path, mode);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Whether somebody has more rights than <paramref name="mode"/> gives.</summary>
    [UnsupportedOSPlatform("windows")]
    private static bool IsOpen(string path, UnixFileMode mode) => (File.GetUnixFileMode(path) & ~mode) != 0;

    private static StorageException NotWritable(string path, Exception cause) =>
        new($"The data directory {path} cannot be written: {cause.Message} Make it writable and free space on its disk, or choose another directory with --data.", cause);
}
