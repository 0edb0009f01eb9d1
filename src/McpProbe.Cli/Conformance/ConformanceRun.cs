using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Run;

namespace McpProbe.Cli.Conformance;

/// <summary>The scenarios that apply to a server, one after the other; what is done is said before it is done.</summary>
internal static class ConformanceRun
{
    /// <summary>What keeps the suite from looking at the server as mcpprobe does: it connects by itself and takes no more than a URL.</summary>
    public static IEnumerable<string> Obstacles(Endpoint endpoint, AddressRule addresses)
    {
        if (endpoint.Url is null)
            yield return "--conformance: the suite looks at servers with a URL only; leave --stdio or --conformance out.";
        if (endpoint.Headers.Count > 0 || endpoint.HasCredentials)
            yield return "--conformance: the suite can send no headers and no credentials; leave them or --conformance out.";
        if (endpoint.ConnectTo is not null || endpoint.Insecure || endpoint.Tls != TlsSettings.Default || addresses != AddressRule.AllowPrivate)
            yield return "--conformance: the suite connects by itself, without --connect-to, --public-only and the options for TLS; leave them or --conformance out.";
    }

    /// <param name="say">Where progress goes, a line each.</param>
    /// <returns>What was found; and whether the suite itself does not work, so that nothing is known.</returns>
    public static async Task<(IReadOnlyList<Finding> Findings, bool IsBroken)> RunAsync(
        ConformanceSuite suite, Endpoint endpoint, ProbeResult result, Func<string, Task> say, CancellationToken cancellationToken)
    {
        var (scenarios, why) = ConformanceScenarios.For(result, endpoint.Url!);
        if (why is not null)
        {
            await say($"conformance: not looked at: {why}");
            return ([], false);
        }

        await say($"conformance: runs {suite.Words} server --url {endpoint.Target} for {scenarios.Count} scenarios: {string.Join(", ", scenarios)}."
            + $"{(suite.MayDownload ? " npm downloads it when it is not there yet." : "")} It sends requests of its own, outside mcpprobe's limits.");
        var findings = new List<Finding>();
        var passed = new List<string>();
        foreach (var scenario in scenarios)
        {
            var (finding, fault) = await suite.RunAsync(endpoint.Url!, scenario, result.ProtocolVersion!, cancellationToken);
            if (fault is not null)
                await say($"conformance: {scenario} was not looked at: {fault}");
            else if (finding is null)
                passed.Add(scenario);
            else
                findings.Add(finding);
        }

        await say($"conformance: {passed.Count + findings.Count} of {scenarios.Count} scenarios were run, {passed.Count} without a finding{(passed.Count == 0 ? "" : $" ({string.Join(", ", passed)})")}.");
        return (findings, passed.Count + findings.Count == 0);
    }
}
