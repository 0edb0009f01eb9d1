using McpProbe.Functions.Alerts;
using McpProbe.Testing;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace McpProbe.Functions.Tests.Alerts;

/// <summary>
/// The durable engine itself, in this process and in memory: its history, its replays, its timers and its retries run the head's
/// <see cref="DeliverTransition"/>. Only the activity is the test's to route.
/// </summary>
internal sealed class DurableEngine : IAsyncDisposable
{
    /// <summary>How long a durable timer of these tests lasts.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly IHost _host;

    private DurableEngine(IHost host, Uri address) => (_host, Address) = (host, address);

    internal DurableTaskClient Client => _host.Services.GetRequiredService<DurableTaskClient>();

    /// <summary>Where clients in other processes reach it.</summary>
    internal Uri Address { get; }

    /// <param name="deliver">Runs the activity <see cref="Deliver"/>.</param>
    internal static async Task<DurableEngine> StartAsync(Func<DeliveryRequest, Task<DeliveryStep>> deliver)
    {
        var port = RealServer.FreePort();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddInMemoryDurableTask(
            tasks =>
            {
                tasks.AddOrchestratorFunc<string, string>(nameof(DeliverTransition), async (context, _) =>
                {
                    await DeliverTransition.RunAsync(context);
                    return "";
                });
                tasks.AddActivityFunc<DeliveryRequest, DeliveryStep>(nameof(Deliver), (_, request) => deliver(request));
            },
            new InMemoryDurableTaskOptions { Port = port });
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new DurableEngine(host, new Uri($"http://localhost:{port}/"));
    }

    /// <summary>The head's own activity over its own store, which comes back sooner than the schedule of retries says.</summary>
    internal static Func<DeliveryRequest, Task<DeliveryStep>> Hurried(Head head) => async request =>
    {
        DeliveryStep? step = null;
        await head.InvokeAsync<Deliver>(async deliver => step = await deliver.RunAsync(request, CancellationToken.None));
        return step!.RetryAt is null ? step : step with { RetryAt = TimeProvider.System.GetUtcNow() + Soon };
    };

    /// <summary>Waits until an instance has ended.</summary>
    internal Task<OrchestrationMetadata> EndAsync(string instance) => Client
        .WaitForInstanceCompletionAsync(instance, getInputsAndOutputs: true, TestContext.Current.CancellationToken)
        .WaitAsync(Patience, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(new CancellationToken(canceled: true));
        _host.Dispose();
    }
}
