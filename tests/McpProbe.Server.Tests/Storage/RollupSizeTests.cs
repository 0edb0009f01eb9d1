using McpProbe.Server.Storage;
using McpProbe.Uptime;
using static McpProbe.Testing.RollupSamples;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>What an hour takes on disk with every phase's histogram, index included: no more than the handshake's JSON alone took.</summary>
public sealed class RollupSizeTests(ITestOutputHelper output)
{
    private const int Endpoints = 20;
    private const int Hours = 200;

    [Fact]
    public async Task WriteRollups_HoursWithAllPhases_TakeNoMoreThanTheFormerRow()
    {
        var (compact, former) = (await BytesAsync(former: false), await BytesAsync(former: true));

        output.WriteLine($"{compact:F0} bytes an hour on disk with seven phases, {former:F0} before with the handshake alone");
        Assert.InRange(compact, 1, former);
    }

    private static async Task<double> BytesAsync(bool former)
    {
        using var reopened = new ReopenedStore();
        var store = reopened.Open();
        var database = reopened.Directory!.Database;
        for (var endpoint = 0; endpoint < Endpoints; endpoint++)
            await store.PutEndpointAsync(Registered($"an-endpoint-with-a-name-{endpoint}"), CancellationToken.None);
        long empty;
        using (var reader = SqliteSession.Open(database, readOnly: true))
            empty = Bytes(reader);
        if (!former)
        {
            for (var endpoint = 0; endpoint < Endpoints; endpoint++)
            {
                var number = endpoint;
                await store.WriteRollupsAsync(
                    $"an-endpoint-with-a-name-{endpoint}",
                    [.. Enumerable.Range(0, Hours).Select(hour => new RollupRecord(RollupPeriod.Hour, Start.AddHours(hour), "local", UsualHour(number * Hours + hour)))],
                    CancellationToken.None);
            }
        }
        await reopened.CloseAsync();

        using var session = SqliteSession.Open(database, readOnly: false);
        for (var endpoint = 0; former && endpoint < Endpoints; endpoint++)
        {
            for (var hour = 0; hour < Hours; hour++)
            {
                session.Execute(
                    "INSERT INTO rollups (endpoint_id, period, start, location, rollup) VALUES ($id, 'hour', $start, 'local', $rollup)",
                    ("$id", $"an-endpoint-with-a-name-{endpoint}"), ("$start", Start.AddHours(hour).UtcTicks),
                    ("$rollup", FormerOf(UsualHour(endpoint * Hours + hour))));
            }
        }
        return (Bytes(session) - empty) / (double)(Endpoints * Hours);
    }

    private static long Bytes(SqliteSession session)
    {
        long Pragma(string name) => session.QueryFirst($"PRAGMA {name}", row => row.GetInt64(0));
        return (Pragma("page_count") - Pragma("freelist_count")) * Pragma("page_size");
    }
}
