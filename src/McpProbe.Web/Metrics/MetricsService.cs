using McpProbe.Web.Health;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McpProbe.Web.Metrics;

/// <summary>
/// Chooses which endpoints have series of their own before the first probe, and reads the store for what is sent by OTLP. Where
/// several processes answer under one address, none of them sends what the store says, and reading it is left to the scrapes.
/// </summary>
internal sealed class MetricsService(
    HeadMetrics metrics, WebOptions options, IEnumerable<OtlpMetrics> sentMetrics, IEnumerable<OtlpTraces> sentSpans, TimeProvider time, ILogger<MetricsService> log)
    : BackgroundService
{
    private readonly LineLimit _lines = new(time);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Made here, so that they hear of the first probe too.
        _ = (sentMetrics.Count(), sentSpans.Count());
        if (options.Instance is null)
            await TryAsync(metrics.ChooseAsync, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Otlp.Metrics || options.Instance is not null)
            return;
        using var timer = new PeriodicTimer(options.Otlp.ReadEvery, time);
        try
        {
            do
                await TryAsync(metrics.RefreshAsync, stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        try
        {
            await read(cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // Metrics stop nothing else; the next read says what is wrong too.
            if (_lines.Allows("metrics", out _))
                Log.MetricsNotRead(log, failure);
        }
    }
}
