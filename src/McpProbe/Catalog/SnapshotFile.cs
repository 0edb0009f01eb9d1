using McpProbe.Probing;

namespace McpProbe.Catalog;

/// <summary>A snapshot as a file: canonical, pretty-printed, reviewable in a pull request (docs/schema/snapshot.schema.json).</summary>
public static class SnapshotFile
{
    /// <summary>The file's bytes.</summary>
    /// <param name="samples">The probes it was taken from, the first being the one whose catalogue is kept; their timings give the latency distribution.</param>
    public static byte[] Write(string target, Snapshot snapshot, IReadOnlyList<ProbeResult> samples) => throw new NotImplementedException();
}
