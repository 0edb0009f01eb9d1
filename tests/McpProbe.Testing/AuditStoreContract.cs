using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Testing;

/// <summary>What every store keeps of <see cref="IAuditStore"/>. A store derives from this and opens itself.</summary>
public abstract class AuditStoreContract : StoreContract<IAuditStore>
{
    protected static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Read_NothingWritten_IsEmpty() => Assert.Empty(await Ports.ReadAuditAsync(null, 10, Cancellation));

    [Fact]
    public async Task Read_AfterARestart_GivesWhatWasWrittenTheNewestFirst()
    {
        AuditLine[] lines = [Line(0, "a"), Line(0, "b"), Line(1, "a"), Line(7, "a")];
        foreach (var line in lines)
            await Ports.AddAuditLineAsync(line, Cancellation);
        await ReopenAsync();

        Assert.Equal(lines.OrderBy(line => line.Id, StringComparer.Ordinal).Select(Text), (await Ports.ReadAuditAsync(null, 10, Cancellation)).Select(Text));
        Assert.Equal(Start.AddMinutes(7), (await Ports.ReadAuditAsync(null, 1, Cancellation)).Single().At);
    }

    [Fact]
    public async Task Read_PageByPage_GivesEachLineOnceWhateverItsInstant()
    {
        for (var i = 0; i < 25; i++)
            await Ports.AddAuditLineAsync(Line(i / 10, $"{i:D2}"), Cancellation);

        var seen = new List<string>();
        for (string? after = null; await Ports.ReadAuditAsync(after, 7, Cancellation) is { Count: > 0 } page; after = page[^1].Id)
            seen.AddRange(page.Select(line => line.Id));

        Assert.Equal((25, 25), (seen.Count, seen.Distinct().Count()));
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
    }

    protected static AuditLine Line(int minute, string suffix) => new(
        $"{AuditLine.IdAt(Start.AddMinutes(minute))}-{suffix}", Start.AddMinutes(minute), new Actor(ActorKind.Person, "Ann Ä", "auth0|7"), "2001:db8::7", "PUT",
        "/api/endpoints/{id}", new Dictionary<string, string> { ["id"] = "my-server" }, AuditOutcome.Done, 201);

    private static string Text(AuditLine line) => System.Text.Json.JsonSerializer.Serialize(line, EngineJson.Default.AuditLine);
}
