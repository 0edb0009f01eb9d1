using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using McpProbe.Functions;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Storage;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();

var settings = SettingsReader.Read(builder.Configuration);
if (builder.Configuration[AppSettings.Telemetry] is { Length: > 0 } telemetry)
{
    builder.Services.AddOpenTelemetry()
        .WithMetrics(metrics => metrics.AddMeter(ProbeMetrics.MeterName))
        .UseFunctionsWorkerDefaults()
        .UseAzureMonitorExporter(exporter =>
        {
            exporter.ConnectionString = telemetry;
            if (settings.Store is StoreAddress.ByIdentity { ClientId: { } id })
                exporter.Credential = new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(id));
        });
}

var clients = HeadServices.ConnectStore(settings);
using var logging = LoggerFactory.Create(log => log.AddConsole());
var store = await TableStore.OpenAsync(clients, settings.Shards, logging.CreateLogger<TableStore>(), CancellationToken.None);
builder.Services.AddMcpProbeHead(settings, clients, store);
await builder.Build().RunAsync();
