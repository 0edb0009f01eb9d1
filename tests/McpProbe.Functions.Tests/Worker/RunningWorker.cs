using System.Collections.Concurrent;
using System.Text.Json;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests.Alerts;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>
/// The published app in its process, on an empty account of the emulator, with a durable engine to start orchestrations in and a
/// receiver of its alerts: what the tests of one class share.
/// </summary>
public sealed class RunningWorker(Emulators emulators) : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _alerts = new();
    private StubServer? _receiver;
    private DurableEngine? _engine;
    private FunctionsHost? _host;
    private TableStore? _store;

    internal FunctionsHost Host => _host!;

    /// <summary>Another process's view of the worker's store.</summary>
    internal TableStore Store => _store!;

    internal StoreClients Clients { get; private set; } = null!;

    /// <summary>The bodies of the webhooks that it sent.</summary>
    internal IReadOnlyCollection<string> Alerts => _alerts;

    /// <summary>App settings that lack nothing, for an account of the emulator.</summary>
    internal static Dictionary<string, string?> Settings(string connectionString)
    {
        var settings = CompleteSettings.Complete.Where(setting => !setting.Key.StartsWith("Store__", StringComparison.Ordinal)).ToDictionary();
        settings["Store"] = connectionString;
        settings["MCPPROBE_CHECK_URLS"] = "any";
        return settings;
    }

    public async ValueTask InitializeAsync()
    {
        var account = await emulators.NewAccountAsync();
        _receiver = await StubServer.StartAsync(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            _alerts.Enqueue(await body.ReadToEndAsync(context.RequestAborted));
        });
        _engine = await DurableEngine.StartAsync(DeliverAsync);
        var settings = Settings(account.ConnectionString);
        settings["Channels__ops__type"] = "webhook";
        settings["Channels__ops__url"] = _receiver.Url;
        _host = await FunctionsHost.StartAsync(settings, _engine.Address);
        Clients = account.Connect();
        _store = await Stores.OpenAsync(Clients);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        if (_engine is not null)
            await _engine.DisposeAsync();
        if (_receiver is not null)
            await _receiver.DisposeAsync();
    }

    // As the durable extension does: an activity is an invocation of the worker's function of that name.
    private async Task<DeliveryStep> DeliverAsync(DeliveryRequest request)
    {
        var answer = await Host.InvokeAsync(nameof(Deliver), TriggerData.Activity(request));
        return answer.Result.Status is StatusResult.Types.Status.Success
            ? JsonSerializer.Deserialize<DeliveryStep>(answer.ReturnValue.Json)!
            : throw new InvalidOperationException(answer.Result.Exception.Message);
    }
}
