using McpProbe.Model;

namespace McpProbe.Cli.Monitor;

/// <summary>What became of a wish to accept a catalogue.</summary>
/// <param name="Accepted">The baseline as it is now; null unless <paramref name="ExitCode"/> is 0.</param>
/// <param name="Faults">What stands in the way and what to do, a line each.</param>
internal sealed record MonitorAnswer(int ExitCode, BaselineReference? Accepted, IReadOnlyList<string> Faults)
{
    public static MonitorAnswer Failed(int exitCode, params IReadOnlyList<string> faults) => new(exitCode, null, faults);
}
