using System.Text.Json;
using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>What is read from memory is what the file says, whatever happened before.</summary>
public sealed class LiveEndpointsTests : IAsyncLifetime
{
    private const int Endpoints = 6;

    private readonly ReopenedStore _reopened = new();
    private int _slot;

    private SqliteStore Store => _reopened.Store;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _reopened.Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _reopened.CloseAsync();
        _reopened.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Read_AfterAnyStep_IsWhatTheFileSays(int seed)
    {
        var random = new Random(seed);
        for (var step = 0; step < 120; step++)
        {
            await StepAsync(random);
            if (step % 3 == 0)
                await AssertSameAsync();
        }
        await AssertSameAsync();
    }

    [Fact]
    public async Task Read_AfterManyAtOnce_IsWhatTheFileSays()
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var reader = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                foreach (var one in await Store.ReadOverviewAsync(Cancellation))
                    await Store.ReadStateAsync(one.Registered.Endpoint.Id, Cancellation);
                await Store.ReadEndpointsAsync("endpoint-1", 2, Cancellation);
            }
        }, Cancellation);
        await Parallel.ForEachAsync(Enumerable.Range(0, 8), Cancellation, async (seed, _) =>
        {
            var random = new Random(seed);
            for (var step = 0; step < 100; step++)
                await StepAsync(random);
        });
        await over.CancelAsync();
        await reader;

        await AssertSameAsync();
    }

    [Fact]
    public async Task Commit_OfAStateThatSomebodyElseChangedInTheSameGroup_IsAConflict()
    {
        await Store.PutEndpointAsync(Registered("a"), Cancellation);
        var before = (await Store.ReadStateAsync("a", Cancellation))!;

        var outcomes = await Task.WhenAll(Enumerable.Range(1, 20).Select(slot => Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, After = State(slot) }, Cancellation)));

        Assert.Single(outcomes, outcome => outcome.Status is CommitStatus.Committed);
        Assert.Equal(19, outcomes.Count(outcome => outcome.Status is CommitStatus.Conflict));
    }

    private async Task StepAsync(Random random)
    {
        var id = $"endpoint-{random.Next(Endpoints)}";
        var slot = random.Next(4) == 0 ? random.Next(1, 50) : Interlocked.Increment(ref _slot);
        if (await Store.ReadStateAsync(id, Cancellation) is not { } before)
        {
            await Store.PutEndpointAsync(Registered(id), Cancellation);
            return;
        }
        var change = new StateChange { EndpointId = id, Before = before };
        switch (random.Next(12))
        {
            case 0:
                await Store.PutEndpointAsync(Registered(id) with { Endpoint = Endpoint(id) with { Name = $"name {slot}" } }, Cancellation);
                return;
            case 1:
                change = change with { DeleteEndpoint = true };
                break;
            case 2:
                change = change with { After = State(slot), Record = Record(slot), Transitions = [Transition(id, slot)] };
                break;
            case 3 when before.Pending.Count > 0:
                await Store.ClearPendingAsync(before.Pending, Cancellation);
                return;
            case 4:
                // It throws when its result is inserted already.
                change = change with { After = State(slot), Record = Record(slot), Incidents = [Incident(id, slot) with { EndpointId = null! }] };
                await Assert.ThrowsAnyAsync<Exception>(async () =>
                {
                    if ((await Store.CommitAsync(change, Cancellation)).Status is not CommitStatus.Committed)
                        throw new InvalidOperationException("It came too late to throw.");
                });
                return;
            case 5:
                await Store.RemoveResultsAsync(id, Slot(slot - 3), Cancellation);
                return;
            case 6 or 7 or 8:
                change = change with { After = State(slot), Record = Record(slot) };
                break;
            default:
                change = change with { Record = Record(slot) };
                break;
        }
        await Store.CommitAsync(change, Cancellation);
    }

    private async Task AssertSameAsync()
    {
        await using var file = SqliteStore.Open(_reopened.Directory!, TimeProvider.System);
        Assert.Equal(await ShownAsync(file), await ShownAsync(Store));
        // And again, from what the first reading left in memory.
        Assert.Equal(await ShownAsync(file), await ShownAsync(Store));
    }

    private static async Task<IReadOnlyList<string>> ShownAsync(SqliteStore store)
    {
        var shown = new List<string>();
        foreach (var one in await store.ReadOverviewAsync(Cancellation))
        {
            var state = (await store.ReadStateAsync(one.Registered.Endpoint.Id, Cancellation))!;
            shown.Add(string.Join(' ',
                one.Registered.Endpoint.Id, one.Registered.Endpoint.Name, one.Registered.Generation, state.Version,
                string.Join(',', state.Pending.Select(transition => transition.Id)),
                JsonSerializer.Serialize(state.State, EngineJson.Default.EndpointState), JsonSerializer.Serialize(one.State, EngineJson.Default.EndpointState),
                one.Last?.Slot, one.Last?.Location,
                one.Last is null ? "" : JsonSerializer.Serialize(one.Last.Result, EngineJson.Default.ProbeResult)));
        }
        Assert.Equal(shown.Count, (await store.ListEndpointsAsync(Cancellation)).Count);
        return shown;
    }
}
