using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Probing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Testing;

/// <summary>
/// An endpoint that is put, paused, deleted and made anew while messages of all its definitions are delivered in any order, twice and
/// late, and while its definition changes during a probe. It watches one of three servers: <c>a</c> and <c>b</c> are healthy with a
/// catalogue of their own, <c>x</c> is down. So whatever is known or open tells which server it is about.
/// </summary>
public sealed class GenerationStory(IEndpointStore endpoints, IMonitorStore store, string id) : IAlertOutbox
{
    private readonly FakeTimeProvider _time = new(StoreSamples.Start);
    private readonly List<ProbeRequest> _messages = [];
    private readonly List<Transition> _told = [];
    private readonly List<string> _said = [];
    private RegisteredEndpoint? _now;
    private Func<Task>? _during;

    public Task HandOverAsync(Transition transition, CancellationToken cancellationToken)
    {
        if (_told.All(each => each.Id != transition.Id))
            _told.Add(transition);
        return Task.CompletedTask;
    }

    public async Task StepAsync(int kind, int first, int second, CancellationToken cancellationToken)
    {
        _said.Add($"{kind}/{first}/{second}");
        _time.Advance(TimeSpan.FromSeconds(7));
        switch (kind)
        {
            case <= 2:
                await PutAsync(first, second, paused: false, cancellationToken);
                break;
            case 3 when _now is not null:
                await PutAsync(_now.Endpoint with { Paused = !_now.Endpoint.Paused }, cancellationToken);
                break;
            case 4:
                await DeleteAsync(cancellationToken);
                break;
            case <= 8 when _now is { Endpoint.Paused: false }:
                _messages.Add(new ProbeRequest(_now.Endpoint, _time.GetUtcNow(), first % 2 == 0 ? "A" : "B") { Generation = _now.Generation });
                await DeliverAsync(_messages.Count - 1, repeat: false, cancellationToken);
                break;
            case <= 10 when _now is { Endpoint.Paused: false }:
                // Of a version that knew of no generations, or one that waits.
                _messages.Add(new ProbeRequest(_now.Endpoint, _time.GetUtcNow(), "A") { Generation = kind == 9 ? 0 : _now.Generation });
                break;
            case <= 14 when _messages.Count > 0:
                await DeliverAsync(first % _messages.Count, second % 2 == 0, cancellationToken);
                break;
            case <= 16 when _messages.Count > 0:
                _during = () => second % 3 == 0 ? DeleteAsync(cancellationToken) : PutAsync(second, first, second % 3 == 1, cancellationToken);
                await DeliverAsync(_messages.Count - 1 - first % Math.Min(3, _messages.Count), repeat: false, cancellationToken);
                _during = null;
                break;
            case 17 when _now is not null:
                // A crash comes between the storing of a definition and its judging.
                var put = await endpoints.PutEndpointAsync(new RegisteredEndpoint(Definition(first, second, paused: second % 2 == 0), EndpointSource.Api), cancellationToken);
                _now = await endpoints.FindEndpointAsync(id, cancellationToken);
                Assert.Equal(put.Generation, _now!.Generation);
                break;
            case 18:
                await IncidentClock.RunAsync(new Only(store, id), endpoints, this, _time, cancellationToken);
                break;
            default:
                _time.Advance(TimeSpan.FromMinutes(first));
                break;
        }

        await CheckAsync(cancellationToken);
    }

    /// <summary>Once it is gone, nothing is open.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await DeleteAsync(cancellationToken);
        for (var message = 0; message < _messages.Count; message++)
            await DeliverAsync(message, repeat: true, cancellationToken);
        Assert.Null(await store.ReadStateAsync(id, cancellationToken));
        Assert.All(_told.GroupBy(each => each.Incident.Id), incident => Assert.Equal(TransitionType.Resolved, incident.Last().Type));
    }

    private async Task DeliverAsync(int which, bool repeat, CancellationToken cancellationToken)
    {
        var message = _messages[which] with { Repeat = repeat };
        using var prober = new McpProber(_time, async (endpoint, _, _) =>
        {
            if (_during is { } during)
            {
                _during = null;
                await during();
            }

            return Answer(endpoint);
        });
        var before = await store.ReadStateAsync(id, cancellationToken);
        var recorded = await store.FindResultAsync(id, message.Slot, message.Location, cancellationToken);
        var outcome = await new MonitorCycle(prober, store, this, _time).RunAsync(message, cancellationToken);

        var isOld = before is null || message.Generation < before.State.Generation;
        Assert.True(!isOld || outcome is CycleOutcome.Outdated or CycleOutcome.Gone, $"{outcome}: {string.Join(' ', _said)}");
        if (!isOld)
            return;
        Assert.Equal(before?.Version, (await store.ReadStateAsync(id, cancellationToken))?.Version);
        Assert.Equal(recorded?.Target, (await store.FindResultAsync(id, message.Slot, message.Location, cancellationToken))?.Target);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        var story = string.Join(' ', _said);
        Assert.Equal(_told.Count, _told.Select(each => each.Id).Distinct().Count());
        Assert.All(_told, each => Assert.True(each.Incident.Kind is IncidentKind.Outage, $"{each.Id}: {story}"));
        Assert.All(
            _told.Where(each => each.Type is TransitionType.Opened),
            each => Assert.True(each.Endpoint.Url == Url('x').OriginalString, $"{each.Id} is about {each.Endpoint.Url}: {story}"));
        if (await store.ReadStateAsync(id, cancellationToken) is not { State: var state })
            return;

        var server = "abx".Single(letter => WatchedTarget.Of(new Endpoint { Id = id, Url = Url(letter) }) == state.Target);
        Assert.True(state.Baseline is null || state.Baseline.Value.Reference.Hash == Catalog(server).Hashes.Hash, $"the baseline is not of {server}: {story}");
        Assert.True(state is { Drifted: null, Candidate: null, Catalogs.Count: 0 }, $"drifted: {story}");
        Assert.True(state.OpenIncidents.Count == 0 || server == 'x', $"open about {server}: {story}");
        Assert.True(state.OpenIncidents.All(incident => !(incident.OpenedAt <= state.TargetSince)), $"open about what was watched before: {story}");
        if (_now!.Endpoint.Paused && state.Generation == _now.Generation)
            Assert.True(state is { OpenIncidents.Count: 0, Locations.Count: 0 }, $"paused, and open: {story}");
    }

    private Task PutAsync(int first, int second, bool paused, CancellationToken cancellationToken) =>
        PutAsync(Definition(first, second, paused), cancellationToken);

    private async Task PutAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        await Registry().PutAsync(endpoint, EndpointSource.Api, cancellationToken);
        _now = await endpoints.FindEndpointAsync(id, cancellationToken);
    }

    private async Task DeleteAsync(CancellationToken cancellationToken)
    {
        await Registry().DeleteAsync(id, EndpointSource.Api, cancellationToken);
        _now = null;
    }

    private EndpointRegistry Registry() => new(endpoints, store, this, _time);

    private Endpoint Definition(int first, int second, bool paused) => new()
    {
        Id = id,
        Url = Url("abxx"[first % 4]),
        Interval = TimeSpan.FromMinutes(1 + second % 3),
        FailureThreshold = 1 + second % 2,
        Paused = paused,
    };

    private static Uri Url(char server) => new($"https://{server}.example.com/mcp");

    private static ToolCatalog Catalog(char server) => StoreSamples.Catalog(new string(' ', server) + "{}");

    private ProbeResult Answer(Endpoint endpoint)
    {
        var server = endpoint.Url!.Host[0];
        var down = server == 'x';
        var catalog = Catalog(server);
        return new ProbeResult
        {
            Target = endpoint.Target,
            Verdict = down ? Verdict.Down : Verdict.Healthy,
            Failure = down ? new Failure(FailureKind.Timeout, Phase.Connect, "no reply") : null,
            ProtocolVersion = down ? null : "2025-11-25",
            Catalog = down ? null : new CatalogSummary(1, 1, catalog.Hashes.Hash, "c", "t", "a", "s", 1),
            Snapshot = down ? null : new Snapshot("2025-11-25", new ServerDescription("s", "1", null, ReadOnlyMemory<byte>.Empty), catalog),
            Timings = new Timings(null, null, null, null, null, null, 1),
            StartedAt = _time.GetUtcNow(),
        };
    }

    /// <summary>Stories share a store, and each has a clock of its own.</summary>
    private sealed class Only(IMonitorStore store, string id) : IMonitorStore
    {
        public async Task<IReadOnlyList<string>> ReadDueAsync(
            DateTimeOffset now, int limit, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
            [.. (await store.ReadDueAsync(now, 1000, except, cancellationToken)).Where(each => each == id)];

        public Task<StoredState?> ReadStateAsync(string endpointId, CancellationToken cancellationToken) => store.ReadStateAsync(endpointId, cancellationToken);

        public Task<ProbeResult?> FindResultAsync(string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken) =>
            store.FindResultAsync(endpointId, slot, location, cancellationToken);

        public Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken) => store.CommitAsync(change, cancellationToken);

        public Task<ReadOnlyMemory<byte>?> ReadCatalogAsync(string hash, CancellationToken cancellationToken) => store.ReadCatalogAsync(hash, cancellationToken);

        public Task<PendingPage> ReadPendingAsync(int limit, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
            store.ReadPendingAsync(limit, except, cancellationToken);

        public Task ClearPendingAsync(IReadOnlyList<Transition> transitions, CancellationToken cancellationToken) =>
            store.ClearPendingAsync(transitions, cancellationToken);
    }
}
