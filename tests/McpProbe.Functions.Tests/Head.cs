using System.Diagnostics;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProbe.Functions.Tests;

/// <summary>The head as Program puts it together, on an account of the emulator, without the platform around it.</summary>
internal sealed class Head : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private Head(ServiceProvider services) => _services = services;

    internal TableStore Store => _services.GetRequiredService<TableStore>();

    internal IServiceProvider Services => _services;

    internal static Task<Head> StartAsync(
        StorageAccount account, TimeProvider? time = null, params (string Name, string Value)[] settings) =>
        StartAsync(account, account.Connect(), time, settings);

    internal static Task<Head> StartAsync(
        StorageAccount account, StoreClients clients, TimeProvider? time, params (string Name, string Value)[] settings) =>
        StartAsync(account.ConnectionString, clients, time, _ => { }, settings);

    /// <param name="configure">Changes the services.</param>
    internal static async Task<Head> StartAsync(
        string connectionString, StoreClients clients, TimeProvider? time, Action<IServiceCollection> configure,
        params (string Name, string Value)[] settings)
    {
        var configured = new Dictionary<string, string?>(CompleteSettings.Complete)
        {
            ["Store"] = connectionString,
        };
        foreach (var (name, value) in settings)
            configured[name] = value;
        var read = CompleteSettings.Read(configured);

        var store = await TableStore.OpenAsync(
            clients, read.Shards, NullLogger<TableStore>.Instance, TestContext.Current.CancellationToken);
        foreach (var location in read.Locations)
            await clients.Queues.CreateQueueAsync(HeadSettings.QueueOf(location), cancellationToken: TestContext.Current.CancellationToken);
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        // The worker's own web host has it.
        services.AddSingleton(new DiagnosticListener("McpProbe.Functions.Tests"));
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddMcpProbeHead(read, clients, store);
        configure(services);
        return new Head(services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true }));
    }

    /// <summary>An instance of a function's class, as the platform makes one for each invocation.</summary>
    internal async Task InvokeAsync<T>(Func<T, Task> call) where T : class
    {
        await using var scope = _services.CreateAsyncScope();
        await call(ActivatorUtilities.CreateInstance<T>(scope.ServiceProvider));
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
