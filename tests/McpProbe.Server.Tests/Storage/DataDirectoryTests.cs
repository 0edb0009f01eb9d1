using McpProbe.Server.Storage;
using McpProbe.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>Nobody but its owner reads what is kept, however it came to be there.</summary>
#pragma warning disable CA1416 // Modes of files: each test is left out on Windows.
public sealed class DataDirectoryTests : IDisposable
{
    private const UnixFileMode Everybodys =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode EverybodysDirectory = Everybodys | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Owners = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersDirectory = Owners | UnixFileMode.UserExecute;

    private readonly TempDirectory _temp = new();

    private string Path => _temp.File("data");

    public static bool HasModes => !OperatingSystem.IsWindows();

    public void Dispose() => _temp.Dispose();

    [Fact(SkipUnless = nameof(HasModes), Skip = "Windows has no modes: a user's own directories are his.")]
    public async Task Open_New_IsItsOwnersWithAllThatIsWrittenIntoIt()
    {
        // Also the directories above that it makes.
        using var directory = DataDirectory.Open(_temp.File("new/data"));
        await WriteAsync(directory);

        Assert.Null(directory.Warning);
        Assert.Equal(OwnersDirectory, File.GetUnixFileMode(directory.Path));
        AssertFilesAreOwners(directory.Path);
    }

    [Fact(SkipUnless = nameof(HasModes), Skip = "Windows has no modes: a user's own directories are his.")]
    public async Task Open_OneOfAnOlderVersion_IsTightened()
    {
        using (var first = DataDirectory.Open(Path))
            await WriteAsync(first);
        // As they were made under the usual umask, and with a copy that somebody put there.
        File.WriteAllText(System.IO.Path.Combine(Path, "mcpprobe.db.bak"), "");
        // What a crash leaves.
        File.WriteAllText(System.IO.Path.Combine(Path, "mcpprobe.db-wal"), "");
        File.SetUnixFileMode(Path, EverybodysDirectory);
        foreach (var file in Directory.GetFiles(Path))
            File.SetUnixFileMode(file, Everybodys);

        using var directory = DataDirectory.Open(Path);
        await WriteAsync(directory);

        Assert.Null(directory.Warning);
        Assert.Equal(OwnersDirectory, File.GetUnixFileMode(Path));
        Assert.True(AssertFilesAreOwners(Path) >= 3);
    }

    [Fact(SkipUnless = nameof(HasModes), Skip = "Windows has no modes: a user's own directories are his.")]
    public async Task Open_OneWithOtherThingsInIt_IsLeftAsItIsAndWarnedOf()
    {
        Directory.CreateDirectory(Path);
        File.SetUnixFileMode(Path, EverybodysDirectory);
        var other = System.IO.Path.Combine(Path, "notes.txt");
        File.WriteAllText(other, "");
        File.SetUnixFileMode(other, Everybodys);

        using var directory = DataDirectory.Open(Path);
        await WriteAsync(directory);

        Assert.Contains($"chmod 700 {Path}", directory.Warning, StringComparison.Ordinal);
        Assert.Equal((EverybodysDirectory, Everybodys), (File.GetUnixFileMode(Path), File.GetUnixFileMode(other)));
        File.Delete(other);
        AssertFilesAreOwners(Path);
    }

    [Fact(SkipUnless = nameof(HasModes), Skip = "Windows has no modes: a user's own directories are his.")]
    public void Open_AnEmptyOneThatSomebodyMade_BecomesItsOwners()
    {
        Directory.CreateDirectory(Path);
        File.SetUnixFileMode(Path, EverybodysDirectory);

        using var directory = DataDirectory.Open(Path);

        Assert.Null(directory.Warning);
        Assert.Equal(OwnersDirectory, File.GetUnixFileMode(Path));
    }

    [Fact]
    public void Open_Twice_IsRefusedTheSecondTime()
    {
        using var first = DataDirectory.Open(Path);

        Assert.Contains("in use", Assert.Throws<StorageException>(() => DataDirectory.Open(Path)).Message, StringComparison.Ordinal);
    }

    // With the files that SQLite makes beside the database, while it is open.
    private static async Task WriteAsync(DataDirectory directory)
    {
        await using var store = SqliteStore.Open(directory, TimeProvider.System);
        await store.PutEndpointAsync(Registered("a"), TestContext.Current.CancellationToken);
        Assert.NotNull(await store.ReadStateAsync("a", TestContext.Current.CancellationToken));
        if (HasModes)
            Assert.True(AssertFilesAreOwners(directory.Path, except: "notes.txt") >= 4);
    }

    private static int AssertFilesAreOwners(string path, string? except = null)
    {
        var files = Directory.GetFiles(path).Where(file => System.IO.Path.GetFileName(file) != except).ToList();
        if (HasModes)
            Assert.All(files, file => Assert.Equal(Owners, File.GetUnixFileMode(file)));
        return files.Count;
    }
}
