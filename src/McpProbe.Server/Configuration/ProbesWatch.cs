using System.Runtime.InteropServices;

namespace McpProbe.Server.Configuration;

/// <summary>
/// Has the probes file applied again when it has changed, and on SIGHUP. The file is looked at again and again, since no watcher of
/// the system's sees what every editor, container and mount does to it.
/// </summary>
internal sealed class ProbesWatch(ProbesSource source, ProbesReload reload, ProbesAudit audit, TimeProvider time, ILogger<ProbesWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _hangUps = new(0);
    private PosixSignalRegistration? _hangUp;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // On Windows it means that the console closes.
        if (!OperatingSystem.IsWindows())
        {
            _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                _hangUps.Release();
            });
        }

        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _hangUp?.Dispose();
        _hangUps.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(FollowFileAsync(stoppingToken), FollowSignalsAsync(stoppingToken));

    private async Task FollowSignalsAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await _hangUps.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested)
                return;
            if (source.File is null)
                Log.NothingToReload(logger);
            else
                await ApplyAsync("SIGHUP", stoppingToken);
        }
    }

    private async Task FollowFileAsync(CancellationToken stoppingToken)
    {
        if (source.File is null)
            return;
        using var timer = new PeriodicTimer(Look, time);
        var looks = new FileLooks(source.Fingerprint);
        var file = new FileFingerprint(source.File, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var now = await file.ReadAsync(stoppingToken);
                if (looks.IsDue(now) && await ApplyAsync("changed", stoppingToken))
                    looks.Done(now);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    /// <returns>Whether there is nothing more to do for the file as it is: it was applied, or it has mistakes.</returns>
    private async Task<bool> ApplyAsync(string why, CancellationToken stoppingToken)
    {
        try
        {
            await audit.AddAsync(source.File!, why, await reload.ReloadAsync(allowEmpty: false, stoppingToken), stoppingToken);
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // It has been told already.
            return false;
        }
    }
}
