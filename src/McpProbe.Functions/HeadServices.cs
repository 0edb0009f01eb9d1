using Azure.Communication.Email;
using Azure.Core;
using Azure.Identity;
using McpProbe.Alerts;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Senders;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Http;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Text;
using McpProbe.Uptime;
using McpProbe.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace McpProbe.Functions;

/// <summary>The engine, the store and the web pipeline, put together for the functions.</summary>
public static class HeadServices
{
    /// <summary>The clients of the product's store, and the identity they use.</summary>
    public static StoreClients ConnectStore(HeadSettings settings) => settings.Store switch
    {
        StoreAddress.ByConnectionString address => StoreClients.WithConnectionString(address.Value),
        StoreAddress.ByIdentity address => StoreClients.WithCredential(Identity(address), address.Tables, address.Queues, address.Blobs),
        _ => throw new ArgumentException("unknown kind of store address", nameof(settings)),
    };

    /// <param name="store">Opened: the host starts no function before its store is there.</param>
    public static IServiceCollection AddMcpProbeHead(
        this IServiceCollection services, HeadSettings settings, StoreClients clients, TableStore store)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton(clients.Queues);
        services.AddSingleton(store);
        services.AddSingleton<IEndpointStore>(store);
        services.AddSingleton<IMonitorStore>(store);
        services.AddSingleton<IMonitorHistory>(store);
        services.AddSingleton<IDeliveryStore>(store);
        services.AddSingleton<IRollupStore>(store);

        var prober = new ProberOptions();
        services.AddSingleton(provider => new McpProber(prober, Time(provider)));
        services.AddSingleton(provider => new ConnectivityGuard(settings.Controls, prober, Time(provider)));
        services.AddSingleton<UnprobedSlots>();
        services.AddSingleton<WindowScheduler>();
        services.AddSingleton<ProbeWorker>();
        services.AddSingleton<RollUpJob>();
        services.AddSingleton<LatencyWatch>();
        services.AddSingleton<ShadowWatch>();

        services.AddAlerts(settings);
        services.AddMcpProbeWeb(new WebOptions { ApiKey = settings.ApiKey, CheckUrls = settings.CheckUrls });
        services.AddSingleton<WebPipeline>();
        // Of one request: see RequestOutbox.
        services.AddScoped<RequestOutbox>();
        services.AddScoped<IAlertOutbox>(provider => provider.GetRequiredService<RequestOutbox>());
        services.AddScoped<EndpointRegistry>();
        return services;
    }

    private static void AddAlerts(this IServiceCollection services, HeadSettings settings)
    {
        services.AddSingleton(provider => new ChannelSender(
            SecretReference.FromEnvironment, settings.PublicUrl, Time(provider), settings.EmailSender,
            settings.EmailEndpoint is { } address ? EmailService(address, settings, Time(provider)).SendAsync : null));
        services.AddSingleton<SendAlert>(provider => provider.GetRequiredService<ChannelSender>().SendAsync);
        services.AddSingleton(settings.Channels);
        services.AddSingleton(provider => new DeliveryWorker(
            provider.GetRequiredService<IDeliveryStore>(),
            settings.Channels,
            provider.GetRequiredService<SendAlert>(),
            SecretReference.FromEnvironment,
            Time(provider)));
        // Of one request, as the outbox is.
        services.AddScoped<AlertDesk>();
        services.AddScoped<ChannelTester>();
    }

    private static AcsEmailChannel EmailService(Uri address, HeadSettings settings, TimeProvider time)
    {
        var options = new EmailClientOptions();
        // A throttled send is the delivery schedule's to repeat: the service counts every try.
        options.Retry.MaxRetries = 0;
        TokenCredential credential = settings.Store is StoreAddress.ByIdentity identity ? Identity(identity) : new DefaultAzureCredential();
        return new AcsEmailChannel(new EmailClient(address, credential, options), settings.EmailSender!, settings.PublicUrl, time);
    }

    private static ManagedIdentityCredential Identity(StoreAddress.ByIdentity address) => new ManagedIdentityCredential(
        address.ClientId is { } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned);

    private static TimeProvider Time(IServiceProvider provider) => provider.GetRequiredService<TimeProvider>();
}
