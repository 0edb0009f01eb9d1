using McpProbe.Configuration;
using McpProbe.Imports.Planning;
using McpProbe.Imports.Registries;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Imports;

/// <summary>
/// The imports of a probes file on a running head: makes the endpoints of an import those that its registry lists. What a registry does not
/// answer, or answers wrongly, changes nothing.
/// </summary>
/// <param name="memory">Outlives the runs.</param>
/// <param name="secrets">Gives the value of a variable, for the registry's key; null for one that is not set.</param>
public sealed class ScheduledImports(
    EndpointRegistry registry, IEndpointStore endpoints, IMonitorStore states, IAuditStore audit, ImportMemory memory, Func<string, string?> secrets, TimeProvider time, ImportLimits? limits = null)
{
    /// <summary>A server that is down for so long is asked once a day only.</summary>
    private static readonly TimeSpan Dead = TimeSpan.FromDays(1);

    /// <summary>A registry of no more servers is read whole at each run: that is one request.</summary>
    private const int FewServers = 100;

    private readonly ImportLimits _limits = limits ?? ImportLimits.Default;

    public async Task<ImportOutcome> RunAsync(ImportDefinition import, CancellationToken cancellationToken)
    {
        try
        {
            var source = KnownRegistries.Open(
                import.Source, import.Url, Secret(import.Key), Secret(import.Tenant), import.Contact, _limits, time);
            var begun = time.GetUtcNow();
            var since = source.TellsChanges ? memory.ChangesSince(import, begun) : null;
            var (listings, isWhole) = await Importer.ReadAsync(source, new ImportQuery(import.Search, since), import.Limit, _limits, cancellationToken);
            // A search that stays the same is a whole of its own.
            isWhole |= import.Search is not null && since is null && listings.Count < import.Limit;
            var known = await endpoints.ListEndpointsAsync(cancellationToken);
            var policy = ImportPolicy.Of(import) with
            {
                IsWhole = isWhole,
                ChangesOnly = since is not null,
                Seldom = await SeldomAsync(import.Name, known, cancellationToken),
            };
            var plan = new ImportPlanner(policy, [.. known.Select(each => IsOf(import.Name, each) ? each.Endpoint : each.Endpoint with { Imported = null })]).Plan(listings);
            foreach (var endpoint in plan.Added.Concat(plan.Changed.Select(pair => pair.After)))
            {
                await registry.PutAsync(
                    endpoint, PauseReason.IsArchiving(endpoint.Imported!.Paused) ? EndpointSource.Archived : EndpointSource.Import, cancellationToken);
            }

            if (!plan.IsEmpty)
                await AuditAsync(import.Name, source.Place, plan.ToString(), cancellationToken);
            if (since is not null || listings.Count > FewServers)
                memory.WasRead(import, since is not null, begun);
            else
                memory.Forget(import);
            return new ImportOutcome.Done(source.Place, plan);
        }
        catch (ImportFailedException failure)
        {
            memory.Forget(import);
            return new ImportOutcome.Failed(failure.Message);
        }
    }

    /// <summary>Archives what imports brought that are no more.</summary>
    /// <param name="names">Those that are.</param>
    /// <returns>The ids of what was archived.</returns>
    public async Task<IReadOnlyList<string>> ForgetOthersAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var gone = (await endpoints.ListEndpointsAsync(cancellationToken))
            .Where(each => each is { Source: EndpointSource.Import, Endpoint.Imported: { } imported } && !names.Contains(imported.From)).ToList();
        foreach (var each in gone.Select(each => each.Endpoint))
        {
            await registry.PutAsync(
                each with { Paused = true, Imported = each.Imported! with { Paused = PauseReason.Removed, Watched = !each.Paused || each.Imported.Watched } },
                EndpointSource.Archived, cancellationToken);
        }

        foreach (var import in gone.GroupBy(each => each.Endpoint.Imported!.From))
            await AuditAsync(import.Key, null, new ProbesChange([], [], [], [.. import.Select(each => each.Endpoint.Id)]).ToString(), cancellationToken);
        return [.. gone.Select(each => each.Endpoint.Id)];
    }

    /// <param name="place">Where its listing came from; null where the import itself is gone.</param>
    private async Task AuditAsync(string name, string? place, string changed, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        var targets = new Dictionary<string, string> { ["name"] = name };
        if (place is not null)
            targets["from"] = ForeignText.Brief(place);
        var line = new AuditLine(AuditLine.NewId(at), at, new Actor(ActorKind.Import, name), Address: null, "IMPORT", "imports/{name}", targets, AuditOutcome.Done, 200)
        {
            Detail = changed,
        };
        try
        {
            await audit.AddAuditLineAsync(line, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // What was done is done; the head's log says the same of each run.
        }
    }

    /// <summary>Whether there is anything of it: what was read before a restart is not read again at once.</summary>
    public async Task<bool> HasRunAsync(string name, CancellationToken cancellationToken) =>
        (await endpoints.ListEndpointsAsync(cancellationToken)).Any(each => each.Source is EndpointSource.Import && IsOf(name, each));

    private async Task<HashSet<string>> SeldomAsync(string name, IReadOnlyList<RegisteredEndpoint> known, CancellationToken cancellationToken)
    {
        var seldom = new HashSet<string>();
        foreach (var endpoint in known.Where(each => IsOf(name, each)).Select(each => each.Endpoint).Where(each => !each.Paused))
        {
            if (await states.ReadStateAsync(endpoint.Id, cancellationToken) is not { State: var state })
                continue;
            if (state.Verdict is Verdict.Gated || (state.Verdict is Verdict.Down && state.Since < time.GetUtcNow() - Dead))
                seldom.Add(endpoint.Id);
        }

        return seldom;
    }

    private static bool IsOf(string name, RegisteredEndpoint each) =>
        each.Source is EndpointSource.Import or EndpointSource.Archived && each.Endpoint.Imported?.From == name;

    private string? Secret(string? reference)
    {
        if (reference is null)
            return null;
        return SecretReference.TryResolve(reference, secrets, out var value, out var missing)
            ? value
            : throw new ImportFailedException(ExitCodes.Usage, $"It needs {SecretReference.WhyMissing(missing!)}.");
    }
}

/// <summary>What came of one run.</summary>
public abstract record ImportOutcome
{
    public sealed record Done(string Place, ImportPlan Plan) : ImportOutcome;

    /// <summary>Nothing was changed.</summary>
    public sealed record Failed(string Message) : ImportOutcome;
}
