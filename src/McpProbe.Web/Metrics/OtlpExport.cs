using McpProbe.Probing.Transports;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace McpProbe.Web.Metrics;

/// <summary>
/// Sends metrics and spans by OTLP where the standard variables ask for it (OpenTelemetry, Environment variable specification): without
/// an <c>OTEL_EXPORTER_OTLP_*ENDPOINT</c> nothing is sent.
/// </summary>
/// <param name="Metrics">Whether metrics are sent.</param>
/// <param name="Traces">Whether spans are sent.</param>
public sealed record OtlpExport(bool Metrics, bool Traces)
{
    /// <summary>How often the store is read for what is sent.</summary>
    internal TimeSpan ReadEvery { get; private init; }

    private Func<string, string?> Setting { get; init; } = _ => null;

    /// <param name="setting">An environment variable; null when it is not set.</param>
    public static OtlpExport Read(Func<string, string?> setting)
    {
        if (string.Equals(setting("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
            return new OtlpExport(false, false);
        var interval = int.TryParse(setting("OTEL_METRIC_EXPORT_INTERVAL"), out var milliseconds) && milliseconds > 0
            ? TimeSpan.FromMilliseconds(milliseconds)
            : TimeSpan.FromSeconds(60);
        var metrics = Wants("METRICS");
        return new OtlpExport(metrics, Wants("TRACES")) { ReadEvery = interval / 2, Setting = setting };

        bool Wants(string signal) =>
            setting($"OTEL_{signal}_EXPORTER") is not "none"
            && (IsSet("OTEL_EXPORTER_OTLP_ENDPOINT") || IsSet($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"));

        bool IsSet(string name) => !string.IsNullOrWhiteSpace(setting(name));
    }

    /// <summary>Adds the exporters. They read the variables of all signals, and leave those of one signal to us.</summary>
    internal void AddTo(IServiceCollection services)
    {
        if (Metrics)
            services.AddSingleton(container => new OtlpMetrics(container.GetRequiredService<HeadMetrics>()
                .Configure(Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe), endpoints: container.GetRequiredService<WebOptions>().Instance is null).AddOtlpExporter(options => Configure(options, "METRICS")).Build()));
        if (Traces)
            services.AddSingleton(_ => new OtlpTraces(Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe)
                .AddSource(ProbeTrace.SourceName).AddOtlpExporter(options => Configure(options, "TRACES")).Build()));
    }

    private void Configure(OtlpExporterOptions options, string signal)
    {
        options.Protocol = Own("PROTOCOL") switch
        {
            "grpc" => OtlpExportProtocol.Grpc,
            "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
            _ => options.Protocol,
        };
        if (Own("HEADERS") is { } headers)
            options.Headers = headers;
        // Taken as it is: no path is put behind it.
        if (Uri.TryCreate(Own("ENDPOINT"), UriKind.Absolute, out var endpoint))
            options.Endpoint = endpoint;

        string? Own(string name) => Setting($"OTEL_EXPORTER_OTLP_{signal}_{name}") is { Length: > 0 } value ? value : null;
    }

    /// <summary>Who measures. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over what is said here.</summary>
    internal static void Describe(ResourceBuilder resource) => resource.Clear()
        .AddService("mcpprobe", serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(3) ?? "0")
        .AddTelemetrySdk().AddEnvironmentVariableDetector();
}

/// <summary>Made when the head starts, and flushed when it ends.</summary>
internal sealed record OtlpMetrics(MeterProvider Provider) : IDisposable
{
    public void Dispose() => Provider.Dispose();
}

/// <inheritdoc cref="OtlpMetrics"/>
internal sealed record OtlpTraces(TracerProvider Provider) : IDisposable
{
    public void Dispose() => Provider.Dispose();
}
