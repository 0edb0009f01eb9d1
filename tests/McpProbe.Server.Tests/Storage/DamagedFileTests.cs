using McpProbe.Monitoring;
using McpProbe.Server.Health;
using McpProbe.Server.Storage;
using Microsoft.Data.Sqlite;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>A database that is damaged, or a newer version's: refused with what to do, and not a byte of it is changed.</summary>
public sealed class DamagedFileTests : IAsyncLifetime
{
    private const int PageSize = 4096;

    private readonly ReopenedStore _reopened = new();
    private string _path = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var store = _reopened.Open();
        _path = _reopened.Directory!.Database;
        foreach (var id in Enumerable.Range(0, 200).Select(number => $"endpoint-{number}"))
        {
            await store.PutEndpointAsync(Registered(id), Cancellation);
            await store.CommitAsync(
                new StateChange { EndpointId = id, Before = (await store.ReadStateAsync(id, Cancellation))!, After = State(1), Record = Record(1) }, Cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _reopened.CloseAsync();
        _reopened.Dispose();
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "empty", "it is empty" },
        { "a hundred bytes", "missing at its end" },
        { "half a page", "missing at its end" },
        { "half", "missing at its end" },
        { "the last byte", "missing at its end" },
        { "overwritten beginning", "not that of a database" },
        { "overwritten schema", "damaged" },
        { "another file", "not that of a database" },
        { "a zeroed page", "damaged" },
        { "garbage in the middle", "damaged" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Open_ADamagedFile_IsRefusedAndLeftAsItIs(string damage, string told)
    {
        await _reopened.CloseAsync();
        Do(damage);

        await RefusedAsync(told, "damaged", "backup", "--data");
    }

    // As a process that was killed leaves it: the log beside it holds what is not in the file yet.
    [Theory]
    [InlineData("overwritten beginning")]
    [InlineData("overwritten schema")]
    [InlineData("empty")]
    public async Task Open_ADamagedFileWithALog_LeavesTheLogToo(string damage)
    {
        await KilledAsync();
        Assert.True(new FileInfo(_path + "-wal").Length > 0);
        // The log has the newest first page, and mends that one.
        if (damage == "overwritten schema")
            File.Delete(_path + "-wal");
        Do(damage);

        await RefusedAsync("damaged", "backup", "--data");
    }

    [Fact]
    public async Task Open_ANewerVersionWithALog_LeavesTheLogToo()
    {
        await _reopened.Store.RunAsync(session => session.Execute("PRAGMA user_version = 99"));
        await KilledAsync();

        await RefusedAsync("schema version 99", "newer McpProbe", "--data");
    }

    [Fact]
    public async Task Open_AFileThatWasKilledOver_IsWhole()
    {
        await KilledAsync();

        var store = _reopened.Open();

        Assert.Equal(200, (await store.ReadOverviewAsync(Cancellation)).Count(each => each.Last is not null));
    }

    [Fact]
    public async Task Open_ADirectoryInItsPlace_SaysSo()
    {
        await _reopened.CloseAsync();
        File.Delete(_path);
        Directory.CreateDirectory(_path);

        await RefusedAsync("is a directory", "--data");
    }

    [Fact]
    public async Task Read_DamageFoundWhileRunning_IsToldByHealthAndEndsNothing()
    {
        await _reopened.CloseAsync();
        var store = _reopened.Open();
        Assert.Null(store.Damage);
        // Below the process, in pages that nobody has read yet.
        Do("garbage in the middle");

        for (var number = 0; number < 200; number++)
        {
            try
            {
                await store.ReadResultsAsync($"endpoint-{number}", null, 10, Cancellation);
                await store.CommitAsync(
                    new StateChange { EndpointId = $"endpoint-{number}", Before = (await store.ReadStateAsync($"endpoint-{number}", Cancellation))!, Record = Record(2) },
                    Cancellation);
            }
            catch (SqliteException)
            {
                // One that lies in what is damaged.
            }
        }

        Assert.NotNull(store.Damage);
        var obstacle = StoreObstacle.OfDamage(store.Damage);
        Assert.Equal("store damaged", obstacle.Reason);
        Assert.Contains("backup", obstacle.Detail, StringComparison.Ordinal);
    }

    private void Do(string damage)
    {
        using var file = new FileStream(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var pages = file.Length / PageSize;
        switch (damage)
        {
            case "empty":
                file.SetLength(0);
                break;
            case "a hundred bytes":
                file.SetLength(100);
                break;
            case "half a page":
                file.SetLength(PageSize / 2);
                break;
            case "half":
                file.SetLength(file.Length / 2);
                break;
            case "the last byte":
                file.SetLength(file.Length - 1);
                break;
            case "overwritten beginning":
                file.Write(new byte[64]);
                break;
            case "overwritten schema":
                Overwrite(0, 100, 0xA5);
                break;
            case "another file":
                file.SetLength(0);
                file.Write("<html>404 Not Found</html>"u8);
                break;
            case "a zeroed page":
                Overwrite(PageOf(file, pages), 0, 0);
                break;
            case "garbage in the middle":
                for (var page = pages / 3; page < pages; page++)
                    Overwrite(page, 0, 0x5A);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(damage), damage, "No such damage.");
        }

        void Overwrite(long page, int from, byte with)
        {
            file.Position = page * PageSize + from;
            var bytes = new byte[PageSize - from];
            bytes.AsSpan().Fill(with);
            file.Write(bytes);
        }
    }

    /// <summary>A page with definitions.</summary>
    private static long PageOf(FileStream file, long pages)
    {
        var page = new byte[PageSize];
        for (var number = 1L; number < pages; number++)
        {
            file.Position = number * PageSize;
            file.ReadExactly(page);
            if (page[0] == 10 && page.AsSpan().IndexOf("endpoint-17"u8) > 0)
                return number;
        }
        throw new InvalidOperationException("No page has the definition.");
    }

    /// <summary>Puts the files there as they are while the store is open.</summary>
    private async Task KilledAsync()
    {
        var files = new[] { _path, _path + "-wal" }.ToDictionary(file => file, ReadShared);
        await _reopened.CloseAsync();
        foreach (var (file, content) in files)
            await File.WriteAllBytesAsync(file, content, Cancellation);
    }

    private Task RefusedAsync(params string[] told)
    {
        var before = Files();

        var failure = Assert.Throws<StorageException>(() => _reopened.Open());
        _reopened.Directory?.Dispose();

        Assert.All(told, part => Assert.Contains(part, failure.Message, StringComparison.Ordinal));
        Assert.Contains(_path, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Equal(before, Files());
        return Task.CompletedTask;
    }

    private SortedDictionary<string, string> Files() => new(Directory.EnumerateFileSystemEntries(_reopened.DataPath)
        .ToDictionary(
            file => Path.GetFileName(file),
            file => Directory.Exists(file) ? "a directory" : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(ReadShared(file)))));

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
