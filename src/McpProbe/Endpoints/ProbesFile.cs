using McpProbe.Alerts;

namespace McpProbe.Endpoints;

/// <summary>The probes file: what to watch and whom to tell, in YAML or JSON (samples/probes.yaml, docs/schema/probes.schema.json).</summary>
public static class ProbesFile
{
    /// <summary>Reads a file. An unreadable file is a mistake at line 1, column 1.</summary>
    public static Task<Parsed<ProbesDocument>> ReadAsync(string path, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Reads a document; <c>.json</c> sources are read as JSON, everything else as YAML.</summary>
    public static Parsed<ProbesDocument> Parse(string source, string text) => throw new NotImplementedException();
}

public sealed record ProbesDocument(IReadOnlyList<Endpoint> Endpoints, IReadOnlyList<Channel> Channels);
