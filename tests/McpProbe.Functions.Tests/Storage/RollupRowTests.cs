using Azure.Data.Tables;
using McpProbe.Functions.Storage;
using McpProbe.Testing;
using McpProbe.Uptime;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What an hour costs in the table, and that rows of the former version are read.</summary>
public class RollupRowTests(Emulators emulators, ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WriteRollups_HoursWithAllPhases_TakeNoMoreThanTheFormerEntity()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        var hours = Enumerable.Range(0, 50).Select(hour => new RollupRecord(RollupPeriod.Hour, Hour(hour), "home", RollupSamples.UsualHour(hour))).ToList();
        await store.WriteRollupsAsync("an-endpoint-with-a-name", hours, Cancellation);

        var rows = new List<TableEntity>();
        await foreach (var row in Table(account).QueryAsync<TableEntity>(cancellationToken: Cancellation))
            rows.Add(row);
        var compact = rows.Average(ResultRowTests.Bytes);
        var former = hours.Average(record => ResultRowTests.Bytes(Former(record.Start, RollupSamples.FormerOf(record.Rollup))));

        output.WriteLine($"{compact:F0} bytes an entity with seven phases, {former:F0} before with the handshake alone");
        Assert.Equal(50, rows.Count);
        Assert.InRange(compact, 1, former);
    }

    [Fact]
    public async Task Read_AnEntityOfTheFormerVersion_IsTheSame()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        await store.WriteRollupsAsync("an-endpoint-with-a-name", [new RollupRecord(RollupPeriod.Hour, Hour(1), "home", RollupSamples.UsualHour(1))], Cancellation);
        await Table(account).AddEntityAsync(Former(Hour(0), RollupSamples.Former), Cancellation);
        await Table(account).AddEntityAsync(Former(Hour(2), "{ spoiled"), Cancellation);

        var hours = await store.ReadRollupsAsync("an-endpoint-with-a-name", RollupPeriod.Hour, Hour(0), Hour(3), Cancellation);

        Assert.Equal([Hour(0), Hour(1)], hours.Select(record => record.Start));
        RollupSamples.AssertFormer(hours[0].Rollup);
    }

    private static DateTimeOffset Hour(int number) => Start.AddHours(number);

    private static TableClient Table(StorageAccount account) => account.Connect(_ => { }).Tables.GetTableClient(Keys.Rollups);

    private static TableEntity Former(DateTimeOffset start, string json) =>
        new("an-endpoint-with-a-name", Keys.Rollup(new RollupRecord(RollupPeriod.Hour, start, "home", Rollup.Empty)))
        {
            ["Location"] = "home",
            ["Start"] = start,
            ["Json"] = json,
        };
}
