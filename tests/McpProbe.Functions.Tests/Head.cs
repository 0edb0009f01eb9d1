using System.Diagnostics;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProbe.Functions.Tests;

/// <summary>The head as Program puts it together, on an account of the emulator, without the platform around it.</summary>
internal sealed class Head : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private Head(ServiceProvider services) => _services = services;

    internal TableStore Store => _services.GetRequiredService<TableStore>();

    internal StoreOpening Opening => _services.GetRequiredService<StoreOpening>();

    internal IServiceProvider Services => _services;

    internal static Task<Head> StartAsync(
        StorageAccount account, TimeProvider? time = null, params (string Name, string Value)[] settings) =>
        StartAsync(account, account.Connect(), time, settings);

    internal static Task<Head> StartAsync(
        StorageAccount account, StoreClients clients, TimeProvider? time, params (string Name, string Value)[] settings) =>
        StartAsync(account.ConnectionString, clients, time, _ => { }, settings);

    /// <summary>Started, and its store is open.</summary>
    /// <param name="configure">Changes the services.</param>
    internal static async Task<Head> StartAsync(
        string connectionString, StoreClients? clients, TimeProvider? time, Action<IServiceCollection> configure,
        params (string Name, string Value)[] settings)
    {
        var head = await BeginAsync(connectionString, clients, time, configure, settings);
        await head.Opening.WaitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        return head;
    }

    /// <summary>Started as the platform starts it, whatever the state of the account.</summary>
    /// <param name="clients">Null connects as the settings say.</param>
    internal static async Task<Head> BeginAsync(
        string connectionString, StoreClients? clients, TimeProvider? time, Action<IServiceCollection> configure,
        params (string Name, string Value)[] settings)
    {
        var configured = new Dictionary<string, string?>(CompleteSettings.Complete)
        {
            ["Store"] = connectionString,
        };
        foreach (var (name, value) in settings)
            configured[name] = value;
        var read = CompleteSettings.Read(configured);

        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        // The worker's own host has all three.
        services.AddSingleton<IHostApplicationLifetime, ApplicationLifetime>();
        services.AddSingleton<IHostEnvironment>(new HostingEnvironment { EnvironmentName = Environments.Production, ApplicationName = "McpProbe.Functions" });
        services.AddSingleton(new DiagnosticListener("McpProbe.Functions.Tests"));
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddMcpProbeHead(read, clients ?? HeadServices.ConnectStore(read));
        configure(services);
        var head = new Head(services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true }));
        foreach (var hosted in head.Services.GetServices<IHostedService>())
            await hosted.StartAsync(TestContext.Current.CancellationToken);
        return head;
    }

    /// <summary>An instance of a function's class, as the platform makes one for each invocation.</summary>
    internal async Task InvokeAsync<T>(Func<T, Task> call) where T : class
    {
        await using var scope = _services.CreateAsyncScope();
        await call(ActivatorUtilities.CreateInstance<T>(scope.ServiceProvider));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in Services.GetServices<IHostedService>())
            await hosted.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }
}
