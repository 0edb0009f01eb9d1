using McpProbe.Endpoints;
using McpProbe.Imports;
using McpProbe.Imports.Planning;
using McpProbe.Model;
using McpProbe.Monitoring.Prober;
using McpProbe.Probing;
using McpProbe.Probing.Run;

namespace McpProbe.Cli;

/// <summary>
/// One visit to each server that was imported and can be visited as it is: does it keep what its entry says? Politely: named, one at a time per host, a
/// few hosts at once, no tool call.
/// </summary>
internal static class Visits
{
    private const int HostsAtOnce = 8;

    /// <param name="contact">Whom each visit names.</param>
    public static async Task<IReadOnlyList<Visit>> MakeAsync(ImportPlan plan, string? contact, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var turns = new HostTurns(time);
        using var prober = new McpProber(new ProberOptions(), time);
        var visits = new List<Visit>();
        var endpoints = plan.Added.Concat(plan.Changed.Select(pair => pair.After))
            .Where(endpoint => endpoint is { Url: not null, Imported.Paused: null or PauseReason.NotActivated or PauseReason.Deprecated } && !endpoint.HasCredentials);
        await Parallel.ForEachAsync(
            endpoints, new ParallelOptions { MaxDegreeOfParallelism = HostsAtOnce, CancellationToken = cancellationToken },
            async (endpoint, token) =>
            {
                IDisposable? turn;
                while ((turn = await turns.EnterAsync(endpoint.Url!, token)) is null)
                    token.ThrowIfCancellationRequested();
                using (turn)
                {
                    var headers = new Dictionary<string, string>(endpoint.Headers, StringComparer.OrdinalIgnoreCase) { ["User-Agent"] = UserAgent.Of(contact) };
                    // Free to find the transport, so that another than the listed one is seen.
                    var result = await prober.ProbeAsync(endpoint with { Transport = TransportChoice.Auto, Smoke = null, Headers = headers, Paused = false }, token);
                    lock (visits)
                        visits.Add(new Visit(endpoint, result.Verdict, [.. Contradictions.Of(endpoint, result)]));
                }
            });
        return [.. visits.OrderBy(visit => visit.Endpoint.Id, StringComparer.Ordinal)];
    }
}

/// <param name="Contradictions">Where the entry and the server do not agree.</param>
internal sealed record Visit(Endpoint Endpoint, Verdict Verdict, IReadOnlyList<string> Contradictions);
