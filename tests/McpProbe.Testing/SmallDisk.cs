using System.Diagnostics;

namespace McpProbe.Testing;

/// <summary>A file system of its own, that really fills, or really becomes read-only. Only root can mount one.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly TempDirectory _temp = new();
    private bool _mounted;

    private SmallDisk()
    {
    }

    public string Path => _temp.File("disk");

    private string Image => _temp.File("image");

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>In memory. Skips the test where that is not possible.</summary>
    public static SmallDisk InMemory(string size)
    {
        var disk = new SmallDisk();
        Directory.CreateDirectory(disk.Path);
        disk.MountOrSkip("-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk.Path);
        return disk;
    }

    /// <summary>A file system in a file, that can be made to fail as it does on a broken disk. Skips the test where that is not possible.</summary>
    public static SmallDisk InAFile(long bytes)
    {
        var disk = new SmallDisk();
        Directory.CreateDirectory(disk.Path);
        using (var image = File.Create(disk.Image))
            image.SetLength(bytes);
        if (Run("mkfs.ext4", "-q", disk.Image) is { } mistake)
            Assert.Skip($"No file system that becomes read-only: mkfs.ext4: {mistake}");
        disk.MountOrSkip("-o", "loop", disk.Image, disk.Path);
        return disk;
    }

    /// <summary>Leaves not a byte.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in new[] { 64 * 1024, 4096, 512, 1 })
        {
            try
            {
                while (true)
                {
                    filler.Write(new byte[size]);
                    filler.Flush(flushToDisk: true);
                }
            }
            catch (IOException)
            {
                // No room for that much.
            }
        }
    }

    public void Free() => File.Delete(Filler);

    /// <summary>As Linux does it when a disk reports errors: whoever has files open finds them read-only.</summary>
    public void BecomeReadOnly() => Assert.Null(Run("mount", "-o", "remount,abort", Path));

    /// <summary>As somebody mounted it.</summary>
    public void BecomeReadOnlyByOption() => Assert.Null(Run("mount", "-o", "remount,ro", Path));

    public void Dispose()
    {
        if (_mounted)
            Run("umount", "-l", Path);
        _temp.Dispose();
    }

    private void MountOrSkip(params string[] arguments)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("No small disk: only Linux mounts one.");
        if (Run("mount", arguments) is { } mistake)
            Assert.Skip($"No small disk, since only root mounts one: {mistake}");
        _mounted = true;
    }

    /// <returns>What it complains of; null when it is done.</returns>
    private static string? Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : error.Trim();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
