using McpProbe.Configuration;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Storage;
using McpProbe.Imports;
using McpProbe.Monitoring;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Imports;

/// <summary>Reads the registries of the app setting <c>Imports</c>, each at its interval, as a part of the hour's work.</summary>
public sealed class HourlyImports(TableStore store, HeadSettings settings, TimeProvider time, ILogger<HourlyImports> log)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>All parts of the hour's work share the 10 minutes of a function.</summary>
    private static readonly ImportLimits Limits = ImportLimits.Default with { Whole = TimeSpan.FromMinutes(3), LongestWait = TimeSpan.FromSeconds(30) };

    private readonly ImportMemory _memory = new();

    /// <remarks>A registry that fails changes nothing, and is told in the log alone: what is watched goes on.</remarks>
    public async Task RunAsync(DurableTaskClient durable, CancellationToken cancellationToken)
    {
        var job = new ScheduledImports(
            new EndpointRegistry(store, store, new DurableOutbox(durable, store), time), store, store, store, _memory, UnresolvedSecrets.FromEnvironment, time, Limits);
        var gone = await job.ForgetOthersAsync([.. settings.Imports.Select(import => import.Name)], cancellationToken);
        if (gone.Count > 0)
            Log.ImportRemoved(log, gone.Count);
        foreach (var import in settings.Imports)
        {
            if (!IsDue(import) && await job.HasRunAsync(import.Name, cancellationToken))
                continue;
            switch (await job.RunAsync(import, cancellationToken))
            {
                case ImportOutcome.Failed(var why):
                    Log.ImportFailed(log, import.Name, why);
                    break;
                case ImportOutcome.Done(var place, var plan):
                    Log.ImportDone(log, import.Name, place, plan.ToString(), plan.Kept, plan.LeftOut.Count);
                    break;
            }
        }
    }

    // No instance remembers the last hour: a slot that began within it is due.
    private bool IsDue(ImportDefinition import) =>
        ImportSlots.At(import, "", time.GetUtcNow()) != ImportSlots.At(import, "", time.GetUtcNow() - Hour);
}
