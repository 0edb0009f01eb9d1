using McpProbe.Configuration;
using McpProbe.Imports;
using McpProbe.Web.Health;

namespace McpProbe.Server.Configuration;

/// <summary>
/// Reads the registries of the probes file at their slots, and at once those that are new or changed in the file. A registry that does not
/// answer is told in the log alone: what is watched goes on as it is, and nobody needs to get up for it.
/// </summary>
internal sealed class ImportService(ProbesSource source, LiveImports imports, ScheduledImports job, TimeProvider time, ILogger<ImportService> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (string Definition, long Slot)> _done = [];
    private readonly LineLimit _lines = new(time);
    private IReadOnlyList<ImportDefinition>? _known;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Whoever leaves the file's name out does not say that its imports are gone.
        if (source.File is null)
            return;
        // The store answers on the caller's thread: the start of the host must not wait for it.
        await Task.Yield();
        using var timer = new PeriodicTimer(Look, time);
        try
        {
            do
            {
                try
                {
                    await LookAsync(stoppingToken);
                }
                catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
                {
                    if (_lines.Allows(Cause.Of(failure), out _))
                        Log.ImportBroke(logger, failure);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end; the next start goes on at the next slot.
        }
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        var now = imports.Now;
        if (!ReferenceEquals(now, _known))
        {
            var gone = await job.ForgetOthersAsync([.. now.Select(import => import.Name)], stoppingToken);
            if (gone.Count > 0)
                Log.ImportRemoved(logger, gone.Count);
            _known = now;
        }

        foreach (var import in now)
        {
            var (definition, slot) = (ImportMemory.TextOf(import), ImportSlots.At(import, Environment.MachineName, time.GetUtcNow()));
            if (_done.TryGetValue(import.Name, out var done) ? done == (definition, slot) : await job.HasRunAsync(import.Name, stoppingToken))
            {
                // After a restart it waits for its next slot.
                _done.TryAdd(import.Name, (definition, slot));
                continue;
            }

            // A run that fails, however, is tried again at its next slot: a registry in trouble needs no more visitors.
            _done[import.Name] = (definition, slot);
            switch (await job.RunAsync(import, stoppingToken))
            {
                case ImportOutcome.Failed(var why):
                    Log.ImportFailed(logger, import.Name, why);
                    break;
                case ImportOutcome.Done(var place, var plan):
                    Log.ImportDone(logger, import.Name, place, plan.ToString(), plan.Kept, plan.LeftOut.Count);
                    break;
            }
        }
    }
}
