using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing;

/// <summary>
/// Asks for the catalogue as other clients (<see cref="Endpoint.Clients"/>), and compares it with what McpProbe was given: a server
/// may show a reviewer harmless tools, and others to the clients that use them.
/// </summary>
internal static class ClientComparison
{
    public const string Rule = "differs-by-client";

    /// <param name="own">What McpProbe itself was given.</param>
    public static async Task<(IReadOnlyList<Finding> Findings, IReadOnlyList<string> Unfinished)> CompareAsync(
        Endpoint endpoint, ProbeResult own, ProberOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var (findings, unfinished) = (new List<Finding>(), new List<string>());
        if (own.Snapshot is not { } mine)
            return (findings, unfinished);
        using var prober = new McpProber(options, time);
        foreach (var client in endpoint.Clients)
        {
            var other = await prober.ProbeAsync(As(endpoint, own, client), cancellationToken);
            var who = NameOf(client);
            if (other.Snapshot is not { } theirs)
            {
                var why = ForeignText.OneLine(other.Failure?.Message ?? "no catalogue came", 200);
                if (other.Verdict is Verdict.Gated or Verdict.Down && other.Failure is { HttpStatus: not null } or { Kind: FailureKind.RpcError })
                    findings.Add(new Finding(FindingLevel.Soft, Rule, null, who, $"The server answers {who} otherwise than McpProbe: {why}"));
                else
                    unfinished.Add($"the tools as {who}: {why}");
                continue;
            }

            if (theirs.Catalog.Hashes.Hash == mine.Catalog.Hashes.Hash)
                continue;
            // One that changes by itself differs for everybody.
            var again = await prober.ProbeAsync(As(endpoint, own, new ClientVariant(null, null, null)), cancellationToken);
            if (again.Snapshot?.Catalog.Hashes.Hash != mine.Catalog.Hashes.Hash)
            {
                unfinished.Add($"the tools as {who}: they change by themselves, so that nothing can be said.");
                continue;
            }

            findings.Add(Compared(client, who, own, other, mine, theirs));
        }

        return (findings, unfinished);
    }

    private static Finding Compared(ClientVariant client, string who, ProbeResult own, ProbeResult other, Snapshot mine, Snapshot theirs)
    {
        var changes = CatalogDiffer.Compare(mine.Catalog.Canonical, theirs.Catalog.Canonical);
        var first = changes.Count == 0 ? "" : $", first: {ForeignText.OneLine(changes[0].Message, 160)}";
        var text = OnlyIn(other, own) ?? OnlyIn(own, other);
        if (text is { } hidden)
            return new Finding(FindingLevel.Hard, Rule, hidden.Tool, who,
                $"Suspicious text ({hidden.Rule}) is given to {(OnlyIn(other, own) is null ? $"McpProbe and not to {who}" : $"{who} and not to McpProbe")}: {ForeignText.OneLine(hidden.Message, 200)}");
        return new Finding(FindingLevel.Soft, Rule, null, who, client.Bearer is null
            ? $"The server gives {who} another catalogue than McpProbe, {changes.Count} {(changes.Count == 1 ? "difference" : "differences")}{first}. What a reviewer sees is not what this client gets."
            : $"The server gives {who} another catalogue than McpProbe, {changes.Count} {(changes.Count == 1 ? "difference" : "differences")}{first}. It may differ by credentials; look whether it should.");
    }

    private static Finding? OnlyIn(ProbeResult one, ProbeResult other) => one.Findings.FirstOrDefault(finding => finding.Level is FindingLevel.Hard
        && !other.Findings.Any(known => (known.Rule, known.Tool, known.Path) == (finding.Rule, finding.Tool, finding.Path)));

    private static Endpoint As(Endpoint endpoint, ProbeResult own, ClientVariant client)
    {
        var asked = endpoint with
        {
            As = client,
            Smoke = null,
            Protocol = own.ProtocolVersion,
            Conditions = new Conditions { AllowEmpty = true, ToolsUsable = false, CertificateDays = 0 },
        };
        return client.Bearer is not { } bearer ? asked : asked with
        {
            Bearer = bearer,
            OAuth = null,
            Headers = endpoint.Headers.Where(header => !header.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase))
                .ToDictionary(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase),
        };
    }

    /// <summary>For a reader; credentials by the name of their variable.</summary>
    private static string NameOf(ClientVariant client)
    {
        var name = client.Name is null && client.Version is null ? "" : $"{client.Name ?? "mcpprobe"} {client.Version}".TrimEnd();
        var bearer = client.Bearer is null ? "" : $"the credentials {client.Bearer}";
        return name.Length == 0 ? bearer : bearer.Length == 0 ? name : $"{name} with {bearer}";
    }
}
