using System.Text.Json;
using Azure.Data.Tables;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What a result costs in the table, and what of it is written once.</summary>
public class ResultRowTests(Emulators emulators, ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commit_HealthyAndUnchanged_IsASmallEntity()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        await store.PutEndpointAsync(Registered("an-endpoint-with-a-name"), Cancellation);
        for (var slot = 0; slot < 20; slot++)
            await CommitAsync(store, "an-endpoint-with-a-name", Slot(slot), Unchanged(123.45 + slot));

        var rows = await RowsAsync(account, Slot(0));

        var results = rows.Where(row => row.RowKey[0] != '~').ToList();
        Assert.Equal(20, results.Count);
        Assert.Single(rows, row => row.RowKey[0] == '~');
        output.WriteLine($"{results.Average(Bytes):F0} bytes an entity, {results.Max(Bytes)} at most; its facts {Bytes(rows.Single(row => row.RowKey[0] == '~'))} once a day");
        Assert.All(results, row => Assert.InRange(Bytes(row), 1, 300));
    }

    [Fact]
    public async Task Read_ByAnotherInstance_FindsTheFacts()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        await store.PutEndpointAsync(Registered("a"), Cancellation);
        ProbeResult[] written = [Healthy(1), Down(), Healthy(3), Healthy(4) with { Server = new ServerIdentity("other", "2") }];
        foreach (var (result, slot) in written.Select((result, slot) => (result, slot)))
            await CommitAsync(store, "a", Slot(slot), result);

        // Another one knows of no facts, and takes few rows at once.
        var other = await Stores.OpenAsync(account);
        var newest = await other.ReadResultsAsync("a", null, 2, Cancellation);
        var third = await Stores.OpenAsync(account);
        var all = await third.ReadResultsAsync("a", Slot(0), Slot(10), Cancellation);

        Assert.Equal([Json(written[3]), Json(written[2])], newest.Select(each => Json(each.Result)));
        Assert.Equal(written.Select(Json).Order(), all.Select(each => Json(each.Result)).Order());
        Assert.Equal(Json(written[1]), Json((await third.FindResultAsync("a", Slot(1), Location, Cancellation))!));
    }

    [Fact]
    public async Task Read_ARowOfTheFormerVersion_IsReadAsItWas()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        await store.PutEndpointAsync(Registered("a"), Cancellation);
        await CommitAsync(store, "a", Slot(2), Healthy(2));
        await Table(account, Slot(1)).AddEntityAsync(
            new TableEntity(Keys.ResultPartition("a", Slot(1)), Keys.Result(Slot(1), Location))
            {
                ["Location"] = Location,
                ["Slot"] = Slot(1).UtcTicks,
                ["Json"] = Json(Healthy(1)),
            },
            Cancellation);

        Assert.Equal([Json(Healthy(2)), Json(Healthy(1))], (await store.ReadResultsAsync("a", null, 10, Cancellation)).Select(each => Json(each.Result)));
        Assert.Equal(CommitStatus.Committed, await CommitAsync(store, "a", Slot(1), Healthy(1)));
        Assert.Equal(CommitStatus.ResultExists, await CommitAsync(store, "a", Slot(1), Healthy(9)));
    }

    [Fact]
    public async Task Read_FactsThatAreSpoiled_LeaveTheOthers()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        await store.PutEndpointAsync(Registered("a"), Cancellation);
        await CommitAsync(store, "a", Slot(1), Healthy(1));
        await CommitAsync(store, "a", Slot(2), Down());
        var facts = (await RowsAsync(account, Slot(1))).First(row => row.RowKey[0] == '~');
        facts["Json"] = "{ spoiled";
        await Table(account, Slot(1)).UpdateEntityAsync(facts, Azure.ETag.All, TableUpdateMode.Replace, Cancellation);

        var other = await Stores.OpenAsync(account);

        Assert.Single(await other.ReadResultsAsync("a", null, 10, Cancellation));
        Assert.Single(await other.ReadResultsAsync("a", null, 1, Cancellation));
    }

    // A probe of a real server over the Internet: every phase has its time.
    private static ProbeResult Unchanged(double totalMs) => Healthy() with
    {
        Conditions = [new ConditionResult("tools-non-empty", true), new ConditionResult("require-tool", true)],
        Timings = new Timings(12.34, 45.67, 78.9, 123.45, 234.56, 345.67, totalMs),
    };

    private static async Task<CommitStatus> CommitAsync(TableStore store, string id, DateTimeOffset slot, ProbeResult result)
    {
        var change = new StateChange
        {
            EndpointId = id,
            Before = (await store.ReadStateAsync(id, Cancellation))!,
            Record = new ProbeRecord(slot, Location, result),
        };
        return (await store.CommitAsync(change, Cancellation)).Status;
    }

    private static TableClient Table(StorageAccount account, DateTimeOffset slot) =>
        account.Connect(_ => { }).Tables.GetTableClient(Keys.ResultsTable(slot));

    private static async Task<List<TableEntity>> RowsAsync(StorageAccount account, DateTimeOffset slot)
    {
        var rows = new List<TableEntity>();
        await foreach (var row in Table(account, slot).QueryAsync<TableEntity>(cancellationToken: Cancellation))
            rows.Add(row);
        return rows;
    }

    // As Azure counts an entity: 4 bytes, both keys in UTF-16, and for each property 8, its name in UTF-16 and its value.
    internal static int Bytes(TableEntity row) => 4 + 2 * (row.PartitionKey.Length + row.RowKey.Length)
        + row.Where(each => each.Key is not ("PartitionKey" or "RowKey" or "odata.etag" or "Timestamp")).Sum(each => 8 + 2 * each.Key.Length + each.Value switch
        {
            byte[] bytes => 4 + bytes.Length,
            string text => 4 + 2 * text.Length,
            _ => 8,
        });

    private static string Json(ProbeResult result) => JsonSerializer.Serialize(result, EngineJson.Default.ProbeResult);
}
