using System.Net.Http.Json;
using System.Text.Json;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Server.Tests.Scheduling;

/// <summary>
/// The daily deep look of the whole one-machine head, as it is put together: its scheduler, its prober, its data on disk and its pages, over a clock
/// that jumps from hour to hour.
/// </summary>
public sealed class DeepLooksTests : IDisposable
{
    private const string Rule = "spec-terminated-session";
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly TempDirectory _temp = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Look_IsMadeOnceADay_IsShown_AndOutlivesARestart()
    {
        var server = new SessionServer { Unknown = 400 };
        await using var listener = await StubServer.StartAsync(server.AnswerAsync);
        var endpoint = Watched("a", listener);
        var due = Schedule.NextSlot(endpoint with { Interval = TimeSpan.FromDays(1) }, _time.GetUtcNow());
        _time.SetUtcNow(due - 2 * Hour);

        string first;
        await using (var head = await RunningHead.StartAsync(_temp.File("data"), _time, endpoint))
        {
            await head.ProbedAsync("a", 1);
            Assert.Null(await head.LookedAtAsync("a"));
            // Its slot of the day comes with the second round.
            await head.PassAsync(Hour, "a");
            Assert.Null(await head.LookedAtAsync("a"));
            await head.PassAsync(Hour, "a");
            await Eventually.TrueAsync(async () => await head.LookedAtAsync("a") is not null, "it is looked at");
            first = (await head.LookedAtAsync("a"))!;
            Assert.Equal(due, DateTimeOffset.Parse(first, System.Globalization.CultureInfo.InvariantCulture));

            var found = (await head.JsonAsync("/api/endpoints/a")).GetProperty("state").GetProperty("deep").GetProperty("findings");
            // The stub looks at nothing but the session.
            Assert.Equal(
                ["spec-foreign-origin must", $"{Rule} must", "spec-unknown-version must"],
                found.EnumerateArray().Select(each => $"{each.GetProperty("rule").GetString()} {each.GetProperty("requirement").GetString()}").Order());
            var page = await head.Http.GetStringAsync("/endpoints/a", Token);
            Assert.Contains(Rule, page, StringComparison.Ordinal);
            Assert.Contains("Last deep look", page, StringComparison.Ordinal);
            Assert.Empty((await head.JsonAsync("/api/endpoints/a")).GetProperty("state").GetProperty("openIncidents").EnumerateArray());

            for (var round = 0; round < 4; round++)
                await head.PassAsync(Hour, "a");
            Assert.Equal(first, await head.LookedAtAsync("a"));
        }

        // Back within the hours in which a look may be late: it was made.
        await using (var head = await RunningHead.StartAsync(_temp.File("data"), _time, endpoint))
        {
            await head.PassAsync(Hour, "a");
            Assert.Equal(first, await head.LookedAtAsync("a"));
            Assert.Contains(Rule, await head.Http.GetStringAsync("/endpoints/a", Token), StringComparison.Ordinal);

            // The server was repaired; the next day says so.
            server.Unknown = 404;
            while (_time.GetUtcNow() < due.AddDays(1))
                await head.PassAsync(Hour, "a");
            await Eventually.TrueAsync(async () => await head.LookedAtAsync("a") != first, "it is looked at on the next day");
            Assert.Equal(
                ["spec-foreign-origin", "spec-unknown-version"],
                (await head.JsonAsync("/api/endpoints/a")).GetProperty("state").GetProperty("deep").GetProperty("findings").EnumerateArray().Select(each => each.GetProperty("rule").GetString()!).Order());
        }

        Assert.DoesNotContain("tools/call", server.Asked.Select(asked => asked.Method));
    }

    [Fact]
    public async Task Look_OfStrangers_AndOfThoseThatAreLeftOut_IsNeverMade_AndABrokenServerHarmsNobody()
    {
        var server = new SessionServer { Unknown = 400 };
        var hanging = new SessionServer();
        await using var listener = await StubServer.StartAsync(server.AnswerAsync);
        await using var other = await StubServer.StartAsync(hanging.AnswerAsync);
        Endpoint[] endpoints =
        [
            Watched("left-out", listener) with { Deep = false },
            Watched("stranger", listener) with { Imported = new Imported("registry", "x") },
            Watched("broken", other),
            Watched("well", listener),
        ];
        await using var head = await RunningHead.StartAsync(_temp.File("data"), _time, endpoints);
        await head.ProbedAsync("well", 1);
        await head.ProbedAsync("broken", 1);
        // It refuses everything from now on: what a look cannot ask is no fault of McpProbe's.
        hanging.Refusing = 500;
        var due = Schedule.NextSlot(endpoints[^1] with { Interval = TimeSpan.FromDays(1) }, _time.GetUtcNow());
        while (_time.GetUtcNow() < due)
            await head.PassAsync(Hour, "well");
        // The clock stands still for it: a jump would end the look's time.
        await Eventually.TrueAsync(async () => await head.LookedAtAsync("well") is not null, "it is looked at");
        for (var hour = 0; hour < 24; hour++)
            await head.PassAsync(Hour, "well");

        Assert.Null(await head.LookedAtAsync("left-out"));
        Assert.Null(await head.LookedAtAsync("stranger"));
        // What fails with 5xx breaks no rule, and is not looked at.
        var broken = (await head.JsonAsync("/api/endpoints/broken")).GetProperty("state");
        Assert.True(!broken.TryGetProperty("deep", out var look) || look.GetProperty("findings").GetArrayLength() == 0, broken.ToString());
        Assert.Equal("down", broken.GetProperty("verdict").GetString());
        Assert.Equal("healthy", (await head.JsonAsync("/api/endpoints/well")).GetProperty("state").GetProperty("verdict").GetString());
    }

    private static Endpoint Watched(string id, StubServer listener) => new()
    {
        Id = id,
        Url = new Uri(listener.Url + "/mcp"),
        Interval = Hour,
        Timeout = TimeSpan.FromSeconds(10),
    };

    private sealed class RunningHead : IAsyncDisposable
    {
        private readonly FakeTimeProvider _time;
        private readonly DataDirectory _directory;
        private readonly SqliteStore _store;
        private readonly WebApplication _app;

        private RunningHead(string data, FakeTimeProvider time, IReadOnlyList<Endpoint> endpoints)
        {
            _time = time;
            _directory = DataDirectory.Open(data);
            _store = SqliteStore.Open(_directory, time);
            _app = MonitorHost.Build(
                new ServerOptions { Urls = ["http://127.0.0.1:0"], Controls = ControlAddresses.None }, new ProbesDocument([], []), _store, time,
                services => services.AddLogging(logging => logging.ClearProviders()));
            Endpoints = endpoints;
        }

        private IReadOnlyList<Endpoint> Endpoints { get; }

        public HttpClient Http { get; private set; } = null!;

        public static async Task<RunningHead> StartAsync(string data, FakeTimeProvider time, params Endpoint[] endpoints)
        {
            var head = new RunningHead(data, time, endpoints);
            foreach (var endpoint in endpoints)
            {
                if (await head._store.FindEndpointAsync(endpoint.Id, Token) is null)
                    await head._store.PutEndpointAsync(new RegisteredEndpoint(endpoint, endpoint.Imported is null ? EndpointSource.Api : EndpointSource.Import), Token);
            }

            await head._app.StartAsync(Token);
            head.Http = new HttpClient { BaseAddress = new Uri(head._app.Urls.Single()) };
            return head;
        }

        /// <summary>Lets time pass, and waits for the probe that it brings.</summary>
        public async Task PassAsync(TimeSpan time, string id)
        {
            var before = await ResultsAsync(id);
            _time.Advance(time);
            await ProbedAsync(id, before + 1);
        }

        public Task ProbedAsync(string id, int count) => Eventually.TrueAsync(async () => await ResultsAsync(id) >= count, $"{id} was probed {count} times");

        public async Task<string?> LookedAtAsync(string id) =>
            (await JsonAsync($"/api/endpoints/{id}")).GetProperty("state").TryGetProperty("deep", out var look) ? look.GetProperty("at").GetString() : null;

        public Task<JsonElement> JsonAsync(string path) => Http.GetFromJsonAsync<JsonElement>(path, Token);

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            // The end of the grace periods is a matter of this clock, too.
            var stopped = _app.StopAsync(CancellationToken.None);
            while (!stopped.IsCompleted)
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
            }

            await _app.DisposeAsync();
            await _store.DisposeAsync();
            _directory.Dispose();
        }

        private async Task<int> ResultsAsync(string id) => (await _store.ReadResultsAsync(id, null, 1000, Token)).Count;
    }
}
