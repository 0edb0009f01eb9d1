using System.Collections.Concurrent;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Server.Alerts;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using McpProbe.Web.Health;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Server.Tests.Alerts;

/// <summary>The delivery loop and the sweep over a real store; the clock and what becomes of a send are the test's.</summary>
internal sealed class DeliveryDriver : IAsyncDisposable
{
    private readonly TempDirectory _temp = new();
    private readonly DataDirectory _directory;
    private readonly DeliveryLoop _loop;
    private readonly SweepAlerts _sweep;

    public DeliveryDriver()
    {
        _directory = DataDirectory.Open(_temp.File("data"));
        Store = SqliteStore.Open(_directory, Time);
        var channels = new[] { "ops", "mail" }.ToDictionary(name => name, name => new Channel { Name = name, Type = ChannelType.Webhook, Url = "http://localhost" });
        channels["chat"] = new Channel { Name = "chat", Type = ChannelType.Slack, Url = "http://localhost", Limit = new SendLimit(3, null) };
        Worker = new DeliveryWorker(Store, channels, SendAsync, _ => null, Time, alone: true);
        _loop = new DeliveryLoop(Store, Worker, new StandingObstacles(), Time, NullLogger<DeliveryLoop>.Instance);
        _sweep = new SweepAlerts(Store, Store, Store, Store, new StandingObstacles(), Time, NullLogger<SweepAlerts>.Instance);
        Store.HandedOver = _loop.Wake;
    }

    public FakeTimeProvider Time { get; } = new(StoreSamples.Start);

    public SqliteStore Store { get; }

    public DeliveryWorker Worker { get; }

    /// <summary>What becomes of a send; delivered unless the test says otherwise.</summary>
    public Func<Channel, Transition, CancellationToken, Task<SendOutcome>> Send { get; set; } =
        (_, _, _) => Task.FromResult(SendOutcome.Delivered);

    public ConcurrentQueue<(string Transition, string Channel)> Sent { get; } = [];

    /// <summary>Messages: the transitions of each.</summary>
    public ConcurrentQueue<IReadOnlyList<string>> Messages { get; } = [];

    public Task StartAsync() => _loop.StartAsync(TestContext.Current.CancellationToken);

    public Task StopAsync() => _loop.StopAsync(CancellationToken.None);

    public Task StartSweepAsync() => _sweep.StartAsync(TestContext.Current.CancellationToken);

    public Task HandOverAsync(Transition transition) => Store.HandOverAsync(transition, TestContext.Current.CancellationToken);

    /// <summary>Commits a transition of a new endpoint and hands it over to nobody, as a process that dies then does.</summary>
    public async Task CommitAsync(Transition transition)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var id = transition.Endpoint.Id;
        await Store.PutEndpointAsync(StoreSamples.Registered(id), cancellation);
        var before = (await Store.ReadStateAsync(id, cancellation))!;
        await Store.CommitAsync(
            new StateChange { EndpointId = id, Before = before, After = StoreSamples.State(1), Transitions = [transition] }, cancellation);
    }

    public Task SentAsync(int count) =>
        Eventually.TrueAsync(() => Sent.Count >= count, $"{count} sends");

    public Task StatusAsync(Transition transition, string channel, DeliveryStatus status, int attempts) => Eventually.TrueAsync(
        async () => await Store.FindDeliveryAsync(transition.Id, channel, TestContext.Current.CancellationToken) is { } row
            && row.Status == status && row.Attempts == attempts,
        $"{transition.Id} to {channel} is {status} after {attempts} attempts");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _sweep.StopAsync(CancellationToken.None);
        _loop.Dispose();
        _sweep.Dispose();
        await Store.DisposeAsync();
        _directory.Dispose();
        _temp.Dispose();
    }

    private Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
    {
        Messages.Enqueue([.. alert.Transitions.Select(transition => transition.Id)]);
        foreach (var transition in alert.Transitions)
            Sent.Enqueue((transition.Id, channel.Name));
        return Send(channel, alert.Transitions[0], cancellationToken);
    }
}
