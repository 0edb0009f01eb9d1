using McpProbe.Catalog;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Text;
using McpProbe.Web.Api;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Web.Pages.Forms;

/// <summary>What a probe found before anything was saved.</summary>
/// <param name="Tools">What it lists; empty when there is no catalogue.</param>
/// <param name="Note">How the probe was not the one that would be watched with; null when it was.</param>
internal sealed record TestProbe(ProbeResult Result, IReadOnlyList<ListedTool> Tools, string? Note)
{
    /// <summary>
    /// Probes under the rules of checks on demand: no longer than those, to the addresses that they may reach, and without this
    /// machine's secrets, unless they go where they go already.
    /// </summary>
    /// <param name="stored">The definition that is changed; null for a new one.</param>
    internal static async Task<TestProbe> RunAsync(
        Endpoint endpoint, RegisteredEndpoint? stored, McpProber prober, OnDemandProber onDemand, CancellationToken cancellationToken)
    {
        var timely = endpoint.Timeout > OnDemandLimits.LongestTimeout ? endpoint with { Timeout = OnDemandLimits.LongestTimeout } : endpoint;
        var known = stored is { Source: EndpointSource.Api, Mistakes: null } && SendsTheSame(stored.Endpoint, endpoint);
        var bare = known ? timely : WithoutSecrets(timely);
        var result = known && EndpointSecrets.In(endpoint).Any()
            ? await prober.ProbeAsync(bare with { FromApi = true }, cancellationToken)
            : await onDemand.Prober.ProbeAsync(bare, cancellationToken);
        string?[] notes =
        [
            ReferenceEquals(bare, timely) ? null : "It was probed without its credentials: a test uses no secrets of this machine. A server that asks for some is 'gated' here, and is probed with them once it is saved.",
            ReferenceEquals(timely, endpoint) ? null : $"A test takes {Durations.Format(OnDemandLimits.LongestTimeout)} at most.",
        ];
        return new TestProbe(
            result, result.Snapshot is { Catalog: var catalog } ? ListedTool.Of(catalog) : [],
            notes.OfType<string>().ToList() is { Count: > 0 } words ? string.Join(' ', words) : null);
    }

    private static bool SendsTheSame(Endpoint stored, Endpoint endpoint) =>
        EndpointSecrets.TextsIn(stored).SequenceEqual(EndpointSecrets.TextsIn(endpoint))
        && (stored.ConnectTo, stored.Insecure, stored.OAuth) == (endpoint.ConnectTo, endpoint.Insecure, endpoint.OAuth);

    private static Endpoint WithoutSecrets(Endpoint endpoint)
    {
        if (!EndpointSecrets.In(endpoint).Any())
            return endpoint;
        return endpoint with
        {
            Bearer = null,
            OAuth = null,
            Headers = endpoint.Headers.Where(header => !SecretReference.IsIn(header.Value)).ToDictionary(StringComparer.OrdinalIgnoreCase),
            Tls = TlsSettings.Default,
        };
    }
}
