using System.IO.Compression;
using System.Text.Json;
using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.Storage;

/// <summary>
/// A file that the former version made (schema-2.db.gz: <c>mcpprobe-server --demo --demo-speed 4</c> for two and a half minutes, with
/// outages, drift and results of every kind), opened by this one.
/// </summary>
public sealed class FormerResultsTests : IDisposable
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    private readonly TempDirectory _temp = new();

    [Fact]
    public async Task Open_AFileOfTheFormerVersion_KeepsEveryResultToTheLastDigit()
    {
        var former = await UnpackAsync();

        using var directory = DataDirectory.Open(_temp.File("data"));
        await using var store = SqliteStore.Open(directory, TimeProvider.System);

        Assert.Equal(478, former.Count);
        foreach (var results in former.GroupBy(each => each.Endpoint))
        {
            var kept = await store.ReadResultsAsync(results.Key, null, 1000, Cancellation);
            Assert.Equal(
                results.OrderByDescending(each => each.Slot).Select(each => (each.Slot, each.Location, each.Result)),
                kept.Select(each => (each.Slot.UtcTicks, each.Location, JsonSerializer.Serialize(each.Result, EngineJson.Default.ProbeResult))));
        }
        var overview = await store.ReadOverviewAsync(Cancellation);
        Assert.Equal(former.Select(each => each.Endpoint).Distinct().Order(), overview.Select(each => each.Registered.Endpoint.Id));
        Assert.All(overview, each => Assert.NotNull(each.Last));
        Assert.NotEmpty(await store.ReadIncidentsAsync(null, null, 10, Cancellation));
    }

    [Fact]
    public async Task Open_AResultThatCannotBeRead_KeepsTheOthers()
    {
        var former = await UnpackAsync();
        var spoiled = former[7];
        using (var session = SqliteSession.Open(_temp.File("data/mcpprobe.db"), readOnly: false))
        {
            session.Execute(
                "UPDATE results SET result = '{ spoiled' WHERE endpoint_id = $id AND slot = $slot", ("$id", spoiled.Endpoint), ("$slot", spoiled.Slot));
        }

        using var directory = DataDirectory.Open(_temp.File("data"));
        await using var store = SqliteStore.Open(directory, TimeProvider.System);

        Assert.Equal(
            former.Count(each => each.Endpoint == spoiled.Endpoint) - 1,
            (await store.ReadResultsAsync(spoiled.Endpoint, null, 1000, Cancellation)).Count);
    }

    public void Dispose() => _temp.Dispose();

    private async Task<List<(string Endpoint, long Slot, string Location, string Result)>> UnpackAsync()
    {
        var path = Path.Combine(Directory.CreateDirectory(_temp.File("data")).FullName, "mcpprobe.db");
        await using (var packed = typeof(FormerResultsTests).Assembly.GetManifestResourceStream("schema-2.db.gz")!)
        await using (var content = new GZipStream(packed, CompressionMode.Decompress))
        await using (var file = File.Create(path))
            await content.CopyToAsync(file, Cancellation);
        using var session = SqliteSession.Open(path, readOnly: false);
        return session.Query(
            "SELECT endpoint_id, slot, location, result FROM results ORDER BY endpoint_id, slot",
            row => (row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetString(3)));
    }
}
