using McpProbe.Web.Health;

namespace McpProbe.Server;

/// <summary>Work that comes back: once at start, then at each tick. A round that fails is logged, and the next tick tries again.</summary>
internal abstract class PeriodicService(TimeSpan interval, TimeProvider time) : BackgroundService
{
    private readonly LineLimit _lines = new(time);

    protected TimeProvider Time => time;

    protected abstract Task RunOnceAsync(CancellationToken stoppingToken);

    protected abstract void LogFailure(Exception failure);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            do
            {
                try
                {
                    await RunOnceAsync(stoppingToken);
                }
                catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
                {
                    if (_lines.Allows(Cause.Of(failure), out _))
                        LogFailure(failure);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end. The next start does what is left.
        }
    }
}
