using System.Text.Json;
using Azure.Data.Tables;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Storage;

public class PayloadTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Letters at random do not compress below three quarters: plain text, several properties, a blob.
    [Theory]
    [InlineData(1_000, "Json")]
    [InlineData(29_000, "Json")]
    [InlineData(40_000, "Gzip0")]
    [InlineData(200_000, "Gzip0,Gzip1,Gzip2")]
    [InlineData(3_000_000, "Overflow")]
    public async Task Write_AValueOfAnyLength_FitsARowAndReadsBack(int length, string columns)
    {
        var overflow = (await emulators.NewAccountAsync()).Connect().Blobs.GetBlobContainerClient(Keys.Overflow);
        await overflow.CreateIfNotExistsAsync(cancellationToken: Cancellation);
        var payload = new Payload(overflow);
        var transition = Large(length);

        var row = EntityLimits.Checked(await payload.WriteAsync(
            new TableEntity("p", "r"), Keys.State, transition, EngineJson.Default.Transition, Cancellation));
        var read = await payload.ReadAsync(row, EngineJson.Default.Transition, Cancellation);

        Assert.Equal(columns, string.Join(',', row.Keys.Where(key => key is not ("PartitionKey" or "RowKey"))));
        Assert.Equal(Json(transition), Json(read));
    }

    [Fact]
    public async Task Commit_TransitionsWithHugeChanges_ArePendingAsTheyWere()
    {
        var store = await emulators.NewAsync();
        var before = await store.AddAsync("a");
        Transition[] transitions = [Large(100_000), .. Enumerable.Range(2, 3).Select(number => Large(1_000_000 + number, number))];

        await store.CommitAsync(new() { EndpointId = "a", Before = before, After = StoreSamples.State(1), Transitions = transitions });

        var pending = (await store.ReadStateAsync("a", Cancellation))!.Pending;
        Assert.Equal(transitions.Select(Json), pending.Select(Json));
    }

    private static Transition Large(int length, int sequence = 1) => StoreSamples.Transition("a", 1, sequence) with
    {
        Changes =
        [
            new Change(
                ChangeClass.Breaking, "rule", "tool", "/description",
                Before: null, After: JsonSerializer.SerializeToElement(RandomText(length)), "changed"),
        ],
    };

    private static string RandomText(int length) => new Random(length).GetString("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", length);

    private static string Json(Transition transition) => JsonSerializer.Serialize(transition, EngineJson.Default.Transition);
}
