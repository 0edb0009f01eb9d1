using System.Globalization;
using Azure.Communication.Email;
using Azure.Core;
using Azure.Identity;
using McpProbe.Alerts;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Senders;
using McpProbe.Configuration;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Http;
using McpProbe.Functions.Imports;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Monitoring.Metrics;
using McpProbe.Monitoring.Prober;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;
using McpProbe.Web;
using McpProbe.Web.Health;
using McpProbe.Web.Metrics;
using McpProbe.Web.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions;

/// <summary>The engine, the store and the web pipeline, put together for the functions.</summary>
public static class HeadServices
{
    /// <summary>A name that is never anybody's (RFC 2606).</summary>
    private static readonly Uri Nowhere = new("https://unresolved.invalid");

    /// <summary>The clients of the product's store, and the identity they use.</summary>
    public static StoreClients ConnectStore(HeadSettings settings) => settings.Store switch
    {
        StoreAddress.ByConnectionString address => StoreClients.WithConnectionString(address.Value),
        StoreAddress.ByIdentity address => StoreClients.WithCredential(Identity(address), address.Tables, address.Queues, address.Blobs),
        // Never opened: the platform restarts the app when it has what is missing.
        _ => StoreClients.WithCredential(new DefaultAzureCredential(), Nowhere, Nowhere, Nowhere),
    };

    /// <remarks>The host opens the store in the background (<see cref="StoreOpening"/>); functions wait for it, or skip, or say so.</remarks>
    public static IServiceCollection AddMcpProbeHead(this IServiceCollection services, HeadSettings settings, StoreClients clients)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton(clients.Queues);
        services.AddSingleton(provider => new TableStore(
            clients, settings.Shards, [.. settings.Locations.Append(settings.Location).Distinct()], provider.GetRequiredService<ILogger<TableStore>>(),
            Time(provider), settings.ReshardFrom));
        services.AddSingleton<IEndpointStore>(Store);
        services.AddSingleton<IMonitorStore>(Store);
        services.AddSingleton<IMonitorHistory>(Store);
        services.AddSingleton<IIncidentStore>(Store);
        services.AddSingleton<IDeliveryStore>(Store);
        services.AddSingleton<IRollupStore>(Store);
        services.AddSingleton<IAuditStore>(Store);
        services.AddSingleton<StoreOpening>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreOpening>());

        var rules = new ApiDefinitions(settings.ApiSecrets);
        rules.Follow(settings.Channels.Values, []);
        services.AddSingleton(rules);
        var prober = new ProberOptions { Secrets = UnresolvedSecrets.FromEnvironment, Refusal = rules.Refusal, Tokens = TokenCounter.Of };
        services.AddSingleton(provider => new McpProber(prober, Time(provider)));
        services.AddSingleton(provider => new ConnectivityGuard(settings.Controls, prober, Time(provider)));
        services.AddSingleton(provider => new StandstillWatch(Time(provider)));
        services.AddSingleton(provider => new OverloadGuard(
            provider.GetRequiredService<StandstillWatch>(), () => provider.GetRequiredService<MonitorMetrics>().Overloaded(settings.Location)));
        services.AddSingleton(provider => new WarmUp(provider.GetRequiredService<McpProber>(), Time(provider)));
        services.AddSingleton(provider => new HostTurns(Time(provider)));
        services.AddSingleton<WindowScheduler>();
        services.AddSingleton<ScheduleWatch>();
        services.AddSingleton<ProbeWorker>();
        services.AddSingleton(provider => new RollUpJob(Store(provider), Store(provider), Store(provider), settings.Locations, Time(provider)));
        services.AddSingleton<LatencyWatch>();
        services.AddSingleton<ShadowWatch>();
        services.AddSingleton(provider => new DeepProber(prober, Time(provider)));
        services.AddSingleton(provider => new DeepWatch(
            Store(provider), Store(provider), provider.GetRequiredService<McpProber>(), provider.GetRequiredService<DeepProber>(),
            provider.GetRequiredService<HostTurns>(), Time(provider)));
        services.AddSingleton<HourlyImports>();
        services.AddSingleton(new ReportSchedules { All = settings.Reports });
        services.AddSingleton<MonthlyReports>();
        services.AddSingleton(provider => new SlaReporter(
            Store(provider), Store(provider), Store(provider), Store(provider), settings.Locations, settings.Retention, Time(provider)));

        services.AddAlerts(settings);
        services.AddSingleton(new PublicPages { All = settings.Pages });
        // While the key is not resolved nothing is answered; and never without one, which would let everybody in.
        services.AddMcpProbeWeb(new WebOptions
        {
            ApiKey = settings.ApiKey ?? Guid.NewGuid().ToString(),
            ReadKey = settings.ReadKey,
            PublicUrl = settings.PublicUrl,
            TrustedProxies = settings.TrustedProxies,
            People = settings.People,
            KeyRing = provider => Store(provider).SignInKeys,
            CheckUrls = settings.CheckUrls,
            LongestTimeout = AzureLimits.Timeout,
            MetricsEndpoints = settings.MetricsEndpoints,
            Instance = Environment.GetEnvironmentVariable("WEBSITE_INSTANCE_ID") is { Length: > 0 } instance ? instance[..Math.Min(instance.Length, 8)] : Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            Otlp = OtlpExport.Read(Environment.GetEnvironmentVariable),
        });
        services.AddSingleton<StandingObstacles>();
        services.AddSingleton<LineLimit>();
        services.AddSingleton<MissingSecrets>();
        services.AddSingleton<SlotQueues>();
        services.AddSingleton<IQueueLengths>(provider => provider.GetRequiredService<SlotQueues>());
        services.AddSingleton<IHeadHealth, HeadHealth>();
        services.AddSingleton(provider => new Heartbeat(
            settings.Heartbeat, provider.GetRequiredService<IHeadHealth>(), provider.GetRequiredService<LineLimit>(), Time(provider), provider.GetRequiredService<ILogger<Heartbeat>>()));
        services.AddSingleton<WebPipeline>();
        // Of one request: see RequestOutbox.
        services.AddScoped<RequestOutbox>();
        services.AddScoped<IAlertOutbox>(provider => provider.GetRequiredService<RequestOutbox>());
        services.AddScoped<EndpointRegistry>();
        services.AddScoped<IncidentDesk>();
        return services;
    }

    private static void AddAlerts(this IServiceCollection services, HeadSettings settings)
    {
        services.AddSingleton(provider => new ChannelSender(
            UnresolvedSecrets.FromEnvironment, settings.PublicUrl, Time(provider), settings.EmailSender,
            settings.EmailEndpoint is { } address ? EmailService(address, settings, Time(provider)).SendAsync : null)
        {
            Zone = settings.TimeZone,
        });
        services.AddSingleton<SendAlert>(provider => (channel, alert, cancellationToken) =>
            UnresolvedSecrets.Of(channel, Time(provider)) is { } waits
                ? Task.FromResult(waits)
                : provider.GetRequiredService<ChannelSender>().SendAsync(channel, alert, cancellationToken));
        services.AddSingleton(settings.Channels);
        services.AddSingleton(provider => new DeliveryWorker(
            provider.GetRequiredService<IDeliveryStore>(),
            settings.Channels,
            provider.GetRequiredService<SendAlert>(),
            UnresolvedSecrets.FromEnvironment,
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
        return new AcsEmailChannel(new EmailClient(address, credential, options), settings.EmailSender!, settings.PublicUrl, time, settings.TimeZone);
    }

    private static ManagedIdentityCredential Identity(StoreAddress.ByIdentity address) => new ManagedIdentityCredential(
        address.ClientId is { } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned);

    private static TableStore Store(IServiceProvider provider) => provider.GetRequiredService<TableStore>();

    private static TimeProvider Time(IServiceProvider provider) => provider.GetRequiredService<TimeProvider>();
}
