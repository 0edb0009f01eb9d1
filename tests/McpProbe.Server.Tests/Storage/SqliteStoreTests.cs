using System.Diagnostics;
using System.Globalization;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>The contract of every store, and what is SQLite's own.</summary>
public sealed class SqliteStoreTests : MonitorStoreContract, IDisposable
{
    private readonly ReopenedStore _reopened = new();

    private SqliteStore Store => _reopened.Store;

    protected override Task<StorePorts> OpenAsync()
    {
        var store = _reopened.Open();
        return Task.FromResult(new StorePorts(store, store, store, store));
    }

    protected override Task CloseAsync() => _reopened.CloseAsync();

    public void Dispose() => _reopened.Dispose();

    [Fact]
    public async Task Commit_Delete_TakesResultsAndDriftAlong()
    {
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        var before = (await Store.ReadStateAsync("a", Cancellation))!;
        await Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, After = State(1), Record = Record(1), Drift = StoreSamples.Drift("a", 1) }, Cancellation);

        await Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = (await Store.ReadStateAsync("a", Cancellation))!, DeleteEndpoint = true }, Cancellation);

        Assert.Empty(await Store.ReadResultsAsync("a", null, 10, Cancellation));
        Assert.Empty(await Store.ReadDriftAsync("a", 10, Cancellation));
    }

    [Fact]
    public async Task Commit_OneThatThrowsAmongMany_TakesNoneAlong()
    {
        var ids = Enumerable.Range(0, 50).Select(i => $"e{i}").ToArray();
        foreach (var id in ids)
            await Store.PutEndpointAsync(Registered(id), Cancellation);

        // A null where the table wants a text: an error in the middle of a commit, after its result was inserted.
        var states = await Task.WhenAll(ids.Select(id => Store.ReadStateAsync(id, Cancellation)));
        var commits = ids.Zip(states, (id, before) => Store.CommitAsync(
            new StateChange
            {
                EndpointId = id,
                Before = before!,
                After = State(1),
                Record = Record(1),
                Incidents = id == "e7" ? [Incident("a", 1) with { EndpointId = null! }] : [],
            },
            Cancellation)).ToArray();
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => commits[7]);

        for (var i = 0; i < ids.Length; i++)
        {
            if (i == 7)
                continue;
            Assert.Equal(CommitStatus.Committed, (await commits[i]).Status);
            Assert.NotNull(await Store.FindResultAsync(ids[i], Slot(1), Location, Cancellation));
        }
        Assert.Null(await Store.FindResultAsync("e7", Slot(1), Location, Cancellation));
        Assert.Empty((await Store.ReadStateAsync("e7", Cancellation))!.State.Locations);
    }

    [Fact]
    public async Task Commit_TokenCancelledBefore_WritesNothing()
    {
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        var before = (await Store.ReadStateAsync("a", Cancellation))!;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, Record = Record(1) }, new CancellationToken(canceled: true)));

        Assert.Null(await Store.FindResultAsync("a", Slot(1), Location, Cancellation));
    }

    [Fact]
    public async Task EndpointChanged_PutAndDeleted_IsTold()
    {
        var told = new List<string>();
        Store.EndpointChanged = told.Add;

        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        await Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = (await Store.ReadStateAsync("a", Cancellation))!, DeleteEndpoint = true }, Cancellation);

        Assert.Equal(["a", "a"], told);
    }

    [Fact]
    public void Open_ForWriting_FlushesEveryCommit()
    {
        using var session = SqliteSession.Open(_reopened.File("other.db"), readOnly: false);

        Assert.Equal("wal", session.QueryFirst("PRAGMA journal_mode", row => row.GetString(0)));
        Assert.Equal(2, session.QueryFirst("PRAGMA synchronous", row => row.GetInt32(0)));
        Assert.Equal(1, session.QueryFirst("PRAGMA foreign_keys", row => row.GetInt32(0)));
    }

    [Fact]
    public async Task Open_WhileAnotherHasTheDirectory_SaysSo()
    {
        var failure = Assert.Throws<StorageException>(() => DataDirectory.Open(_reopened.DataPath));

        Assert.Contains("in use by another McpProbe", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--data", failure.Message, StringComparison.Ordinal);
        await CloseAsync();
        await OpenAsync();
    }

    [Fact]
    public async Task Open_AFileOfANewerVersion_IsRefusedAndLeftAlone()
    {
        var path = _reopened.Directory!.Database;
        await CloseAsync();
        using (var session = SqliteSession.Open(path, readOnly: false))
            session.Execute("PRAGMA user_version = 99");

        var failure = await Assert.ThrowsAsync<StorageException>(OpenAsync);

        Assert.Contains("99", failure.Message, StringComparison.Ordinal);
        _reopened.Directory!.Dispose();
    }

    [Fact]
    public async Task Open_AFileOfVersion1_KeepsItsEndpointsAndLearnsWhatIsDue()
    {
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        var path = _reopened.Directory!.Database;
        await CloseAsync();
        OlderFile.Make(path, version: 1);

        await OpenAsync();

        Assert.Empty(await Store.ReadDueAsync(Slot(9), 10, Cancellation));
        var before = (await Store.ReadStateAsync("a", Cancellation))!;
        await Store.CommitAsync(new StateChange { EndpointId = "a", Before = before, After = State(1) with { DueAt = Slot(2) } }, Cancellation);
        Assert.Equal(["a"], await Store.ReadDueAsync(Slot(2), 10, Cancellation));
    }

    [Fact]
    public async Task Open_AFileOfVersion1_KeepsItsDeliveriesAndKnowsWhatWasGivenUp()
    {
        var rows = await Store.KeepAsync(Transition("a", 1, 1, "ops", "mail"), Cancellation);
        await Store.WriteDeliveryAsync(rows[1] with { Status = DeliveryStatus.GaveUp, NextAttemptAt = null, UpdatedAt = Slot(7) }, Cancellation);
        var path = _reopened.Directory!.Database;
        await CloseAsync();
        OlderFile.Make(path, version: 1);
        using (var session = SqliteSession.Open(path, readOnly: false))
            session.Execute("UPDATE deliveries SET delivery = json_remove(delivery, '$.type', '$.at', '$.group')");

        await OpenAsync();

        var waiting = Assert.Single(await Store.ReadWaitingAsync("ops", 10, Cancellation));
        Assert.Equal(rows[0] with { Type = null, At = null, Group = null }, waiting);
        Assert.Equal("mail", Assert.Single(await Store.ReadGivenUpAsync(10, Cancellation)).Channel);
        // In their order with those that come now.
        var later = await Store.KeepAsync(Transition("b", 8, 1, "mail"), Cancellation);
        await Store.WriteDeliveryAsync(later[0] with { Status = DeliveryStatus.GaveUp, NextAttemptAt = null }, Cancellation);
        Assert.Equal([later[0].TransitionId, rows[1].TransitionId], (await Store.ReadGivenUpAsync(10, Cancellation)).Select(row => row.TransitionId));
        // The same to the courier: its courier wakes, and it goes out.
        Assert.Single(Store.ReadDue(TimeProvider.System.GetUtcNow().AddMinutes(1), 10), due => due.Channel == "ops");
    }

    [Fact]
    public async Task Open_AFileOfVersion2_HasDefinitionsOlderThanAnyNewOne()
    {
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        var path = _reopened.Directory!.Database;
        await CloseAsync();
        OlderFile.Make(path, version: 2);
        using (var session = SqliteSession.Open(path, readOnly: false))
            session.Execute("DELETE FROM marks; UPDATE state SET state = json_remove(state, '$.generation', '$.target')");

        await OpenAsync();

        Assert.Equal(0, (await Store.FindEndpointAsync("a", Cancellation))!.Generation);
        var before = (await Store.ReadStateAsync("a", Cancellation))!;
        Assert.Equal((0, null), (before.State.Generation, before.State.Target));
        // What was sent before the upgrade is judged, until somebody puts another definition.
        Assert.Equal(CommitStatus.Committed, (await Store.CommitAsync(new StateChange { EndpointId = "a", Before = before, Generation = 0, Record = Record(1) }, Cancellation)).Status);
        Assert.NotEqual(0, (await Store.PutEndpointAsync(Registered("a") with { Endpoint = Endpoint("a") with { Name = "b" } }, Cancellation)).Generation);
        Assert.Equal(CommitStatus.Outdated, (await Store.CommitAsync(new StateChange { EndpointId = "a", Before = before, Generation = 0, Record = Record(2) }, Cancellation)).Status);
        Assert.Null(await Store.FindResultAsync("a", Slot(2), Location, Cancellation));
    }

    [Fact]
    public async Task PutEndpoint_ClockSetBackAndDeletedInBetween_CountsOn()
    {
        await CloseAsync();
        var time = new FakeTimeProvider(Start);
        var generations = new List<long>();
        foreach (var days in new[] { 0, -3, 0, -300, -2 })
        {
            time = new FakeTimeProvider(Start.AddDays(days));
            using var directory = DataDirectory.Open(_reopened.DataPath);
            await using var store = SqliteStore.Open(directory, time);
            generations.Add((await store.PutEndpointAsync(Registered("a"), Cancellation)).Generation);
            await store.CommitAsync(new StateChange { EndpointId = "a", Before = (await store.ReadStateAsync("a", Cancellation))!, DeleteEndpoint = true }, Cancellation);
        }

        Assert.Equal(generations.Order().Distinct(), generations);
    }

    // Rows that a newer version wrote, or a hand: they wait, and nothing waits for them.
    [Fact]
    public async Task ReadPending_RowsThatCannotBeRead_HideNothing()
    {
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        var before = (await Store.ReadStateAsync("a", Cancellation))!;
        await Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, After = State(1), Transitions = [.. Enumerable.Range(1, 151).Select(slot => Transition("a", slot))] }, Cancellation);
        using (var session = SqliteSession.Open(_reopened.Directory!.Database, readOnly: false))
            session.Execute("UPDATE pending SET transition = '{\"type\":\"dissolved\"}' WHERE number <= 150");

        var failure = await Assert.ThrowsAsync<AggregateException>(() => PendingTransitions.SweepAsync(Store, Store, Cancellation));

        Assert.Equal(150, failure.InnerExceptions.Count);
        Assert.Contains(Transition("a", 1).Id, failure.InnerExceptions[0].Message, StringComparison.Ordinal);
        var page = await Store.ReadPendingAsync(10, new HashSet<string>(), Cancellation);
        Assert.Equal((0, 150), (page.Transitions.Count, page.Unreadable.Count));
        // And the endpoint is judged on.
        var state = (await Store.ReadStateAsync("a", Cancellation))!;
        Assert.Empty(state.Pending);
        Assert.Equal(CommitStatus.Committed, (await Store.CommitAsync(new StateChange { EndpointId = "a", Before = state, After = State(2) }, Cancellation)).Status);
    }

    [Fact]
    public async Task Open_AFileThatIsNoDatabase_SaysWhatToDo()
    {
        var path = _reopened.Directory!.Database;
        await CloseAsync();
        await File.WriteAllTextAsync(path, new string('x', 10_000), Cancellation);

        var failure = await Assert.ThrowsAsync<StorageException>(OpenAsync);

        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("backup", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ADirectoryThatIsAFile_SaysThatItCannotBeWritten()
    {
        var file = _reopened.File("file");
        File.WriteAllText(file, "");

        var failure = Assert.Throws<StorageException>(() => DataDirectory.Open(Path.Combine(file, "data")));

        Assert.Contains("cannot be written", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commit_ReportedByAProcessThatIsKilled_IsThereAfterwards()
    {
        using var temp = new TempDirectory();
        var (data, reported) = (temp.File("data"), temp.File("reported"));
        using var writer = Process.Start(new ProcessStartInfo("dotnet")
        {
            // This very test program, asked for the one test below.
            ArgumentList =
            {
                typeof(SqliteStoreTests).Assembly.Location, "-explicit", "only",
                "-method", $"{typeof(CommitUntilKilled).FullName}.{nameof(CommitUntilKilled.Commit_OnAndOn_ReportsEachSlot)}",
            },
            Environment = { [CommitUntilKilled.Data] = data, [CommitUntilKilled.Report] = reported },
            RedirectStandardOutput = true,
        })!;
        await Eventually.TrueAsync(
            () => Reported().Length > 200 || writer.HasExited, "the writer reports 200 commits", TimeSpan.FromSeconds(60));
        Assert.False(writer.HasExited);
        writer.Kill();
        await writer.WaitForExitAsync(Cancellation);

        using var directory = DataDirectory.Open(data);
        await using var store = SqliteStore.Open(directory, TimeProvider.System);
        var slots = Reported();
        Assert.True(slots.Length > 200);
        foreach (var slot in slots)
            Assert.NotNull(await store.FindResultAsync("a", Slot(slot), Location, Cancellation));
        // State and pending were committed with the result of the same slot: none without the other.
        var state = (await store.ReadStateAsync("a", Cancellation))!;
        var last = (int)((state.State.Since!.Value - Start) / TimeSpan.FromSeconds(60));
        Assert.InRange(last, slots[^1], slots[^1] + 1);
        Assert.Equal(Transition("a", last).Id, state.Pending[^1].Id);
        Assert.NotNull(await store.FindResultAsync("a", Slot(last), Location, Cancellation));
        Assert.Null(await store.FindResultAsync("a", Slot(last + 1), Location, Cancellation));

        int[] Reported()
        {
            if (!File.Exists(reported))
                return [];
            using var reader = new StreamReader(new FileStream(reported, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            // The last line may be half written.
            return [.. reader.ReadToEnd().Split('\n')[..^1].Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
        }
    }
}
