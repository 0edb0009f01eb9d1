namespace McpProbe.Cli.Monitor;

/// <summary>An answer of McpProbe's API, or why there is none.</summary>
/// <param name="Body">Empty unless <paramref name="ExitCode"/> is 0.</param>
/// <param name="Version">Its ETag.</param>
/// <param name="Faults">What stands in the way and what to do, a line each.</param>
internal sealed record RawAnswer(int ExitCode, ReadOnlyMemory<byte> Body, string? Version, IReadOnlyList<string> Faults)
{
    public static RawAnswer Failed(int exitCode, params IReadOnlyList<string> faults) => new(exitCode, default, null, faults);
}
