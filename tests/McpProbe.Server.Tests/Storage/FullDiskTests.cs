using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>A disk that takes no commit for a while: what the store does meanwhile, and what is on it afterwards.</summary>
public sealed class FullDiskTests : IAsyncDisposable
{
    private const int Full = 13;
    private const int IoError = 10;
    private const int ReadOnly = 8;
    private const int CannotOpen = 14;

    private readonly TempDirectory _temp = new();
    private readonly FakeTimeProvider _time = new(Start);
    private DataDirectory? _directory;
    private SqliteStore? _store;

    // What the disk answers to a commit; null while it works.
    private volatile SqliteException? _refusal;
    private int _refused;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SqliteStore Store => _store!;

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _temp.Dispose();
    }

    [Theory]
    [InlineData(Full, "the disk is full")]
    [InlineData(IoError, "the disk reports an error")]
    [InlineData(ReadOnly, "it is read-only")]
    [InlineData(CannotOpen, "cannot be opened or made")]
    public async Task Commit_DiskTakesNothing_GoesOnFromMemoryAndIsWrittenOnceInOrderWhenItWorks(int code, string why)
    {
        Open();
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        await CommitAsync(1);
        Refuse(code);

        // Judged on from what was judged, though nothing of it is on disk; an incident opens, and its alert is handed over and sent.
        await CommitAsync(2, transitions: [Transition("a", 2, 1, "ops")]);
        await Store.HandOverAsync(Transition("a", 2, 1, "ops"), Cancellation);
        await Store.ClearPendingAsync([Transition("a", 2, 1, "ops")], Cancellation);
        var due = Assert.Single(Store.ReadDue(_time.GetUtcNow(), 10));
        await Store.WriteDeliveryAsync(
            (await Store.FindDeliveryAsync(due.Transition.Id, "ops", Cancellation))! with { Status = DeliveryStatus.Delivered, NextAttemptAt = null }, Cancellation);
        await CommitAsync(3);

        // The same alert is not due again, however often the disk refuses.
        for (var i = 0; i < 5; i++)
            await RefusedAgainAsync();
        Assert.Empty(Store.ReadDue(_time.GetUtcNow() + TimeSpan.FromDays(1), 10));
        var failure = Assert.IsType<StoreFailure>(Store.Failure);
        Assert.Contains(why, failure.Why, StringComparison.Ordinal);
        Assert.False(failure.Refuses);
        Assert.Equal(5, failure.Held);
        Assert.Equal(
            [(Slot(3), true), (Slot(2), true), (Slot(1), false)],
            (await Store.ReadResultsAsync("a", null, 10, Cancellation)).Select(record => (record.Slot, record.NotRecorded)));
        Assert.True(Assert.Single(await Store.ReadOverviewAsync(Cancellation)).Last!.NotRecorded);
        AssertSameState(3, (await Store.ReadStateAsync("a", Cancellation))!.State);

        _refusal = null;
        await WorksAgainAsync();
        await CommitAsync(4);
        Assert.DoesNotContain(await Store.ReadResultsAsync("a", null, 10, Cancellation), record => record.NotRecorded);

        await CloseAsync();
        Open();
        Assert.Equal([Slot(4), Slot(3), Slot(2), Slot(1)], (await Store.ReadResultsAsync("a", null, 10, Cancellation)).Select(record => record.Slot));
        AssertSameState(4, (await Store.ReadStateAsync("a", Cancellation))!.State);
        Assert.Empty(await Store.ReadPendingAsync(10, Cancellation));
        Assert.Equal(DeliveryStatus.Delivered, Assert.Single(await Store.ReadDeliveriesAsync(Transition("a", 2).Incident.Id, Cancellation)).Status);
    }

    [Fact]
    public async Task Commit_OfTheSameState_IsAConflictInMemoryToo()
    {
        Open();
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        Refuse(Full);
        var before = (await Store.ReadStateAsync("a", Cancellation))!;
        await CommitAsync(1);

        var second = await Store.CommitAsync(new StateChange { EndpointId = "a", Before = before, After = State(2) }, Cancellation);

        Assert.Equal(CommitStatus.Conflict, second.Status);
        // Nor is a version given twice after the writes were done again.
        await RefusedAgainAsync();
        var now = (await Store.ReadStateAsync("a", Cancellation))!;
        await CommitAsync(2);
        Assert.NotEqual(now.Version, (await Store.ReadStateAsync("a", Cancellation))!.Version);
    }

    [Fact]
    public async Task Put_DiskTakesNothing_IsRefusedRatherThanPromised()
    {
        Open();
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        Refuse(Full);

        var failure = await Assert.ThrowsAsync<StoreRefusesException>(() => Store.PutEndpointAsync(Registered("b"), Cancellation));

        Assert.Contains("the disk is full: free space on it", failure.Message, StringComparison.Ordinal);
        Assert.Null(await Store.FindEndpointAsync("b", Cancellation));
        await CommitAsync(1);
        await Assert.ThrowsAsync<StoreRefusesException>(() => Store.PutEndpointAsync(Registered("b"), Cancellation));
        _refusal = null;
        await WorksAgainAsync();
        Assert.True((await Store.PutEndpointAsync(Registered("b"), Cancellation)).Created);
    }

    [Fact]
    public async Task Commit_MoreThanIsKept_LeavesOutTheOldestResultsAndNoChange()
    {
        Open(mostHeld: 40);
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        Refuse(Full);

        for (var slot = 1; slot <= 200; slot++)
            await CommitAsync(slot, changesState: slot % 20 == 0);

        var failure = Store.Failure!;
        Assert.InRange(failure.Held, 20, 40);
        Assert.Equal(200, failure.Held + failure.Dropped);
        _refusal = null;
        await WorksAgainAsync();
        var slots = (await Store.ReadResultsAsync("a", null, 500, Cancellation)).Select(record => record.Slot).ToHashSet();
        Assert.Superset(Enumerable.Range(1, 10).Select(i => Slot(20 * i)).ToHashSet(), slots);
        Assert.Superset(Enumerable.Range(190, 11).Select(Slot).ToHashSet(), slots);
        AssertSameState(200, (await Store.ReadStateAsync("a", Cancellation))!.State);
    }

    [Fact]
    public async Task Commit_AnotherProcessHoldsTheDatabase_FailsAndIsToldUntilItWorks()
    {
        Open();
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        using (var other = SqliteSession.Open(_directory!.Database, readOnly: false))
        {
            other.Execute("BEGIN IMMEDIATE");
            Assert.Equal(5, (await Assert.ThrowsAsync<SqliteException>(() => CommitAsync(1))).SqliteErrorCode);
            Assert.True(Store.Failure!.Refuses);
            other.Execute("ROLLBACK");
        }

        await CommitAsync(1);

        Assert.Null(Store.Failure);
    }

    // SQLite's own limit: no memory helps, so whoever writes hears of it, and the head tells it.
    [Fact]
    public async Task Commit_DatabaseAtItsMostPages_IsToldUntilItWorks()
    {
        Open();
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        await WithPagesAsync("page_count");

        var full = await Assert.ThrowsAsync<SqliteException>(async () =>
        {
            for (var slot = 1; slot < 1000; slot++)
                await CommitAsync(slot, changesState: false);
        });

        Assert.Equal(Full, full.SqliteErrorCode);
        Assert.True(Store.Failure!.Refuses);
        Assert.Contains("full", Store.Failure.Why, StringComparison.Ordinal);
        await WithPagesAsync("0x3fffffff");
        await CommitAsync(1001);
        Assert.Null(Store.Failure);
    }

    [Fact]
    public async Task Close_DiskTakesNothing_LeavesWhatWasThere()
    {
        Open();
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        await CommitAsync(1);
        Refuse(Full);
        await CommitAsync(2);

        await CloseAsync();
        _refusal = null;
        Open();

        Assert.Equal([Slot(1)], (await Store.ReadResultsAsync("a", null, 10, Cancellation)).Select(record => record.Slot));
        AssertSameState(1, (await Store.ReadStateAsync("a", Cancellation))!.State);
    }

    [Fact]
    public async Task Commit_ClockIsSetBackWhileTheDiskIsFull_IsTriedAgainAllTheSame()
    {
        var clock = new SetClock(_time);
        Open(time: clock);
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        Refuse(Full);
        await CommitAsync(1);

        clock.Ahead = TimeSpan.FromDays(-3653);
        await RefusedAgainAsync();
        _refusal = null;

        await WorksAgainAsync();
    }

    [Fact]
    public async Task ReplaceIncident_ReadWhileInMemoryOnly_IsMarkedUntilItIsWrittenAndNoLonger()
    {
        Open();
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        Refuse(Full);
        await CommitAsync(1, transitions: [Transition("a", 1, 1, "ops")]);
        var read = (await Store.FindIncidentAsync(Incident("a", 1).Id, Cancellation))!;
        Assert.True(read.Incident.NotRecorded);

        Assert.True(await Store.ReplaceIncidentAsync(read, read.Incident with { Revision = 1 }, Cancellation));
        var replaced = (await Store.FindIncidentAsync(read.Incident.Id, Cancellation))!.Incident;
        Assert.Equal((true, 1), (replaced.NotRecorded, replaced.Revision));

        _refusal = null;
        await WorksAgainAsync();
        replaced = (await Store.FindIncidentAsync(read.Incident.Id, Cancellation))!.Incident;
        Assert.Equal((false, 1), (replaced.NotRecorded, replaced.Revision));
    }

    private void Open(int mostHeld = WriteQueue.MostHeld, TimeProvider? time = null)
    {
        _directory = DataDirectory.Open(_temp.File("data"));
        _store = SqliteStore.Open(_directory, time ?? _time, Around, mostHeld);
    }

    private async Task CloseAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        _directory?.Dispose();
        (_store, _directory) = (null, null);
    }

    private void Around(Action commit)
    {
        if (_refusal is { } refusal)
        {
            Interlocked.Increment(ref _refused);
            throw refusal;
        }
        commit();
    }

    private void Refuse(int code) => _refusal = new SqliteException($"SQLite Error {code}.", code, code);

    private async Task CommitAsync(int slot, bool changesState = true, IReadOnlyList<Transition>? transitions = null)
    {
        var outcome = await Store.CommitAsync(
            new StateChange
            {
                EndpointId = "a",
                Before = (await Store.ReadStateAsync("a", Cancellation))!,
                After = changesState ? State(slot) : null,
                Record = Record(slot),
                Transitions = transitions ?? [],
                Incidents = [.. (transitions ?? []).Select(each => each.Incident)],
            },
            Cancellation);
        Assert.Equal(CommitStatus.Committed, outcome.Status);
    }

    private async Task RefusedAgainAsync()
    {
        var refused = Volatile.Read(ref _refused);
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(WriteQueue.BetweenTries);
                return Volatile.Read(ref _refused) > refused;
            },
            "the store tries again");
    }

    private Task WorksAgainAsync() => Eventually.TrueAsync(
        () =>
        {
            _time.Advance(WriteQueue.BetweenTries);
            return Store.Failure is null;
        },
        "what waited is written");

    private Task<bool> WithPagesAsync(string most) => Store.RunAsync(session =>
    {
        var pages = most == "page_count" ? session.QueryFirst("PRAGMA page_count", row => row.GetInt64(0)) + 2 : 1 << 30;
        session.Execute(System.FormattableString.Invariant($"PRAGMA max_page_count = {pages}"));
        return true;
    });

    /// <summary>The time of day is set; timers and timestamps go on as they were.</summary>
    private sealed class SetClock(TimeProvider inner) : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Ahead;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            inner.CreateTimer(callback, state, dueTime, period);
    }

    private static void AssertSameState(int slot, EndpointState state) => Assert.Equal(
        State(slot).Locations.Values.Select(each => each.LastSlot), state.Locations.Values.Select(each => each.LastSlot));
}
