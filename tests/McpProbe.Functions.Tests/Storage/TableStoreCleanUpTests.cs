using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

public class TableStoreCleanUpTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // The blobs' times are the service's.
    private static readonly DateTimeOffset Today = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task CleanUp_OldMonths_AreDroppedAndTheOthersStay()
    {
        var store = await emulators.NewAsync();
        var before = await store.AddAsync("a");
        foreach (var months in new[] { 0, -1, -2, -13 })
        {
            var slot = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero).AddMonths(months);
            await store.CommitAsync(new() { EndpointId = "a", Before = before, Record = new ProbeRecord(slot, Location, Healthy()) });
        }

        var done = await store.CleanUpAsync(new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero), Today, Cancellation);

        Assert.Equal(2, done.Months);
        Assert.Equal([11, 10], (await store.ReadResultsAsync("a", null, 10, Cancellation)).Select(each => each.Slot.Month));
        // A repeat that comes after its month was dropped finds nothing, and breaks nothing.
        Assert.Null(await store.FindResultAsync("a", new(2025, 10, 22, 0, 0, 0, TimeSpan.Zero), Location, Cancellation));
    }

    [Fact]
    public async Task CleanUp_Catalogs_DeletesOnlyWhatNothingRefersToAndNobodyTouchedForAWeek()
    {
        var store = await emulators.NewAsync();
        var (baseline, settled, drifted, from, to, orphan) = (Content(1), Content(2), Content(3), Content(4), Content(5), Content(6));
        var state = State(1) with
        {
            Baselines = new Dictionary<string, BaselineReference> { ["2025-11-25"] = new(baseline.Hashes.Hash, Start, null) },
            Catalogs = new Dictionary<string, SeenCatalog>
            {
                ["east"] = new() { Settled = new("2025-11-25", settled.Hashes.Hash) },
                // Seen once: its content is never stored.
                ["west"] = new() { Unsettled = new(new("2025-11-25", "sha256:f", Start), 1, []) },
            },
            Drifted = new DriftCandidate("2025-11-25", drifted.Hashes.Hash, Start),
        };
        await store.AddAsync("a");
        foreach (var catalog in new[] { baseline, settled, drifted, from, to, orphan })
        {
            await store.CommitAsync(new()
            {
                EndpointId = "a",
                Before = (await store.ReadStateAsync("a", Cancellation))!,
                After = state,
                Catalog = catalog,
                Drift = StoreSamples.Drift("a", 1) with { BeforeHash = from.Hashes.Hash, AfterHash = to.Hashes.Hash },
            });
        }

        var young = await store.CleanUpAsync(Start, Today.AddDays(6), Cancellation);
        var old = await store.CleanUpAsync(Start, Today.AddDays(8), Cancellation);

        Assert.Equal((0, 1), (young.Catalogs, old.Catalogs));
        Assert.Null(await store.ReadCatalogAsync(orphan.Hashes.Hash, Cancellation));
        foreach (var kept in new[] { baseline, settled, drifted, from, to })
            Assert.NotNull(await store.ReadCatalogAsync(kept.Hashes.Hash, Cancellation));
    }

    [Fact]
    public async Task CleanUp_ACatalogThatIsTouchedWhileItRuns_Stays()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        var orphan = Content(1);
        var change = new StateChange { EndpointId = "a", Before = await store.AddAsync("a"), Catalog = orphan };
        await store.CommitAsync(change);
        // Written again between the collector's look and its delete.
        var touching = new BeforeDelete(() => store.CommitAsync(change));
        var collector = await Stores.OpenAsync(account, configure: touching.Configure);

        var done = await collector.CleanUpAsync(Start, Today.AddDays(8), Cancellation);

        Assert.Equal(1, touching.Deletes);
        Assert.Equal(0, done.Catalogs);
        Assert.NotNull(await store.ReadCatalogAsync(orphan.Hashes.Hash, Cancellation));
    }

    [Fact]
    public async Task CleanUp_PayloadsOfClearedTransitions_AreDeletedAndOthersStay()
    {
        var store = await emulators.NewAsync();
        var text = new Random(1).GetString("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", 2_000_000);
        Transition Huge(int sequence) => Transition("a", 1, sequence) with
        {
            Changes = [Change() with { After = System.Text.Json.JsonSerializer.SerializeToElement($"{sequence}{text}") }],
        };
        await store.CommitAsync(new() { EndpointId = "a", Before = await store.AddAsync("a"), After = State(1), Transitions = [Huge(1), Huge(2)] });
        await store.ClearPendingAsync([Huge(1)], Cancellation);

        var done = await store.CleanUpAsync(Start, Today.AddDays(8), Cancellation);

        Assert.Equal(1, done.Overflows);
        Assert.Equal(Huge(2).Id, Assert.Single(await store.ReadPendingAsync(10, Cancellation)).Id);
    }

    private static ToolCatalog Content(int number) =>
        StoreSamples.Catalog("""{"tools":[]}""") with { Hashes = new CatalogHashes($"sha256:{number:x64}", "c", "t", "a", "s") };
}
