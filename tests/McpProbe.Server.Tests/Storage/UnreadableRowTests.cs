using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using McpProbe.Uptime;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>One row that is spoiled hides no other.</summary>
public sealed class UnreadableRowTests : IAsyncLifetime
{
    private readonly ReopenedStore _reopened = new();
    private readonly List<string> _told = [];

    private SqliteStore Store => _reopened.Store;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _reopened.Open().Unreadable.Tell = (table, of, _) => _told.Add($"{table} {of}");
        foreach (var id in new[] { "a", "b" })
        {
            await Store.PutEndpointAsync(Registered(id), Cancellation);
            foreach (var slot in Enumerable.Range(0, 5))
            {
                await Store.CommitAsync(
                    new StateChange
                    {
                        EndpointId = id,
                        Before = (await Store.ReadStateAsync(id, Cancellation))!,
                        After = State(slot),
                        Record = Record(slot),
                        Incidents = [Incident(id, slot)],
                        Drift = StoreSamples.Drift(id, slot),
                    },
                    Cancellation);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _reopened.CloseAsync();
        _reopened.Dispose();
    }

    [Theory]
    [InlineData("'{ spoiled'")]
    [InlineData("'null'")]
    [InlineData("'[]'")]
    [InlineData("''")]
    [InlineData("x'ff00'")]
    public async Task Lists_WithASpoiledRow_ShowTheOthersAndFillThePage(string content)
    {
        Spoil($"UPDATE readings SET reading = {content} WHERE endpoint = (SELECT number FROM endpoints WHERE id = 'a') AND slot = $at", Slot(3));
        Spoil($"UPDATE incidents SET incident = {content} WHERE endpoint_id = 'a' AND opened_at = $at", Slot(3));
        Spoil($"UPDATE drift SET drift = {content} WHERE endpoint_id = 'a' AND at = $at", Slot(3));

        // Four of five are there, and a page of three is a whole one: it does not end at the spoiled row.
        Assert.Equal([Slot(4), Slot(2), Slot(1)], (await Store.ReadResultsAsync("a", null, 3, Cancellation)).Select(each => each.Slot));
        Assert.Equal([Slot(4), Slot(2), Slot(1)], (await Store.ReadIncidentsAsync("a", null, 3, Cancellation)).Select(each => each.OpenedAt));
        Assert.Equal(9, (await Store.ReadIncidentsAsync(null, null, 20, Cancellation)).Count);
        Assert.Equal([Slot(4), Slot(2), Slot(1)], (await Store.ReadDriftAsync("a", 3, Cancellation)).Select(each => each.At));
        // Said once, however often it is met.
        Assert.Equal(["results a", "incidents a", "drift a"], _told);
    }

    [Fact]
    public async Task Overview_WithASpoiledStateOrResult_ShowsEveryEndpoint()
    {
        Spoil("UPDATE state SET state = '{ spoiled' WHERE endpoint_id = 'a' AND $at > 0", Slot(0));
        Spoil("UPDATE readings SET reading = '{ spoiled' WHERE endpoint = (SELECT number FROM endpoints WHERE id = 'b') AND slot = $at", Slot(4));

        var overview = await Store.ReadOverviewAsync(Cancellation);

        Assert.Equal([("a", Verdict.Unknown, true), ("b", Verdict.Down, false)],
            overview.Select(each => (each.Registered.Endpoint.Id, each.State.Verdict, each.Last is not null)));
        Assert.Equal(2, (await Store.ReadEndpointsAsync(null, 10, Cancellation)).Count);
    }

    [Fact]
    public async Task RollUp_WithASpoiledResultAndASpoiledState_RollsUpAllEndpoints()
    {
        Spoil("UPDATE readings SET reading = '{ spoiled' WHERE endpoint = (SELECT number FROM endpoints WHERE id = 'a') AND slot = $at", Slot(3));
        Spoil("UPDATE state SET state = '{ spoiled' WHERE endpoint_id = 'a' AND $at > 0", Slot(0));
        var hour = new DateTimeOffset(Slot(0).Ticks - Slot(0).Ticks % TimeSpan.TicksPerHour, TimeSpan.Zero);

        var rolled = await new RollUpJob(Store, Store, Store, [Location], new FakeTimeProvider(hour.AddMinutes(65)), atOnce: 1).RunAsync(Cancellation);

        Assert.Equal(1, rolled.Hours);
        foreach (var (id, count) in new[] { ("a", 4), ("b", 5) })
            Assert.Equal(count, Assert.Single(await Store.ReadRollupsAsync(id, RollupPeriod.Hour, hour, hour.AddHours(1), Cancellation)).Rollup.Observed);
        Assert.Equal(hour.AddHours(1), await Store.ReadRolledThroughAsync(Cancellation));
    }

    private void Spoil(string sql, DateTimeOffset at)
    {
        using var session = SqliteSession.Open(_reopened.Directory!.Database, readOnly: false);
        Assert.Equal(1, session.Execute(sql, ("$at", at.UtcTicks)));
    }
}
