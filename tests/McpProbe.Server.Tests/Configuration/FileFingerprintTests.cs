using McpProbe.Server.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Server.Tests.Configuration;

public class FileFingerprintTests
{
    private static readonly DateTime Written = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int, bool, int, bool> Changes => new()
    {
        // bytes, its time changes too, seconds later, seen
        { 10, true, 2, true },
        { 10, false, 2, true },
        { FileFingerprint.Large + 1, true, 2, true },
        { FileFingerprint.Large + 1, false, 2, false },
        { FileFingerprint.Large + 1, false, 60, true },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task OtherContentOfTheSameSize_IsSeen_AtOnceOrWithinAMinute(int bytes, bool timeToo, int seconds, bool seen)
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(directory.FullName, "probes.yaml");
            await WriteAsync(path, 'a', bytes, Written);
            var fingerprint = new FileFingerprint(path, _time);
            var before = await fingerprint.ReadAsync(Token);
            Assert.Equal(before, await fingerprint.ReadAsync(Token));

            await WriteAsync(path, 'b', bytes, timeToo ? Written.AddSeconds(1) : Written);
            _time.Advance(TimeSpan.FromSeconds(seconds));

            Assert.Equal(seen, before != await fingerprint.ReadAsync(Token));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task AFileThatIsAway_SaysWhy_AndIsReadWhenItIsBack()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(directory.FullName, "probes.yaml");
            var fingerprint = new FileFingerprint(path, _time);
            Assert.Equal(nameof(FileNotFoundException), await fingerprint.ReadAsync(Token));

            await WriteAsync(path, 'a', 10, Written);
            Assert.Equal(64, (await fingerprint.ReadAsync(Token)).Length);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task WriteAsync(string path, char of, int bytes, DateTime written)
    {
        await File.WriteAllTextAsync(path, new string(of, bytes), Token);
        File.SetLastWriteTimeUtc(path, written);
    }
}
