using System.Net;
using System.Text.Json;
using McpProbe.Model;

namespace McpProbe.Cli.Conformance;

/// <summary>
/// The server scenarios of the suite that mean something for any server (docs/specification.md). The others ask for tools, prompts and
/// resources of the suite's own, call tools of the server, or are about extensions.
/// </summary>
internal static class ConformanceScenarios
{
    private const string Newest = "2026-07-28";
    private const string NewestHandshake = "2025-11-25";
    private const string EarlierHandshake = "2025-06-18";

    /// <summary>What the suite calls to find out what it looks at begins so. A server that has such tools is a fixture, or calls them something else.</summary>
    private const string SuitesOwnTools = "test_";

    /// <summary>
    /// Checks inside these scenarios that need tools of the suite; and those of a subscription, which fail a server that offers none:
    /// <c>spec-acknowledgement</c> looks at that.
    /// </summary>
    public static readonly IReadOnlyList<string> WantAFixture =
    [
        "sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400",
        "sep-2575-http-server-no-independent-requests-on-stream", "sep-2575-server-no-log-without-loglevel",
        "sep-2575-server-sends-tools-list-changed-on-subscription", "sep-2575-server-sends-prompts-list-changed-on-subscription",
        "sep-2575-server-sends-resources-list-changed-on-subscription",
        "sep-2575-server-sends-subscription-ack", "sep-2575-server-tags-subscription-id",
    ];

    /// <returns>The scenarios to run; or why there are none, as a sentence.</returns>
    public static (IReadOnlyList<string> Scenarios, string? Why) For(ProbeResult result, Uri url)
    {
        if (result.Snapshot is not { } snapshot)
            return ([], "the probe did not read the catalogue; repair that first.");
        if (result.Transport is not TransportKind.StreamableHttp)
            return ([], "the suite speaks Streamable HTTP only, and the server does not.");
        var version = result.ProtocolVersion!;
        if (version is not (Newest or NewestHandshake or EarlierHandshake))
            return ([], $"the suite knows no scenarios for the protocol version {version}.");

        var stateless = result.Era is Era.Stateless;
        var scenarios = new List<string>();
        if (!stateless)
            scenarios.AddRange(["server-initialize", "ping"]);
        else if (!snapshot.Catalog.ToolNames.Any(name => name.StartsWith(SuitesOwnTools, StringComparison.Ordinal)))
            scenarios.Add("server-stateless");
        var capabilities = CapabilitiesOf(snapshot.Server.Capabilities);
        if (capabilities.Contains("tools"))
            scenarios.Add("tools-list");
        if (capabilities.Contains("resources"))
            scenarios.Add("resources-list");
        if (stateless)
        {
            if (capabilities.Contains("resources"))
                scenarios.Add("sep-2164-resource-not-found");
            scenarios.AddRange(["caching", "input-required-result-unsupported-methods"]);
        }
        else
        {
            if (capabilities.Contains("logging"))
                scenarios.Add("logging-set-level");
            scenarios.Add("server-session-lifecycle");
        }

        // What a web page can do to a server on the reader's own machine; of another host the suite can say nothing.
        if (version is not EarlierHandshake && (url.IsLoopback || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address))))
            scenarios.Add("dns-rebinding-protection");
        return (scenarios, null);
    }

    private static List<string> CapabilitiesOf(ReadOnlyMemory<byte> capabilities)
    {
        var names = new List<string>();
        if (capabilities.IsEmpty)
            return names;
        using var document = JsonDocument.Parse(capabilities, new JsonDocumentOptions { MaxDepth = 256 });
        if (document.RootElement.ValueKind is not JsonValueKind.Object)
            return names;
        foreach (var capability in document.RootElement.EnumerateObject())
        {
            if (capability.Value.ValueKind is JsonValueKind.Object or JsonValueKind.True)
                names.Add(capability.Name);
        }

        return names;
    }
}
