using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using McpProbe.Functions;
using McpProbe.Monitoring.Metrics;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.Logging.KeepToOurs();

HeadSettings settings;
try
{
    settings = SettingsReader.Read(builder.Configuration);
}
catch (SettingsException wrong)
{
    foreach (var line in wrong.Lines)
        await Console.Error.WriteLineAsync(line);
    return 1;
}

if (builder.Configuration[AppSettings.Telemetry] is { Length: > 0 } telemetry)
{
    builder.Services.AddOpenTelemetry()
        // What the alerts of infra/ ask for: telemetry costs by the record, and OTLP carries the rest.
        .WithMetrics(metrics => metrics.AddMeter(MonitorMetrics.MeterName).AddView(instrument =>
            instrument.Name is "mcpprobe.slots.missed" or "mcpprobe.probes.overloaded" ? null : MetricStreamConfiguration.Drop))
        .UseFunctionsWorkerDefaults()
        .UseAzureMonitorExporter(exporter =>
        {
            exporter.ConnectionString = telemetry;
            if (settings.Store is StoreAddress.ByIdentity { ClientId: { } id })
                exporter.Credential = new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(id));
        });
}

builder.Services.AddMcpProbeHead(settings, HeadServices.ConnectStore(settings));
using var host = builder.Build();
var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
try
{
    await host.RunAsync();
}
catch (OperationCanceledException) when (stopping.IsCancellationRequested)
{
    // The platform changed its mind while the app was starting: that is an end like any other, and no crash.
}

return 0;
