using System.Text.Json.Serialization;
using McpProbe.Model;

namespace McpProbe.Gate;

/// <summary>A probe put together for a person: what was tried, layer by layer, what it proves, and what to do next.</summary>
/// <param name="Summary">The whole in a sentence.</param>
/// <param name="Next">What to do, the most useful first; empty when nothing is the matter.</param>
/// <param name="Commands">The same requests by hand, in their order. Secrets are variables of the shell, which the reader sets.</param>
public sealed record Explanation(
    string Target, Verdict Verdict, int ExitCode, string Summary,
    IReadOnlyList<ExplainedLayer> Layers, IReadOnlyList<string> Next, IReadOnlyList<ExplainedCommand> Commands)
{
    /// <summary>Variables that the commands need, as <c>ORDERS_TOKEN</c>.</summary>
    public required IReadOnlyList<string> Variables { get; init; }
}

/// <param name="Name">Such as <c>tls</c>.</param>
/// <param name="Status">Passed and failed are what was seen; skipped was not needed, or not reached.</param>
/// <param name="Proves">What the outcome says of the server, in a sentence.</param>
/// <param name="Tried">What was sent and what came back, a line each; empty where the probe's log is not kept.</param>
public sealed record ExplainedLayer(string Name, CheckStatus Status, string Proves, IReadOnlyList<string> Tried)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Ms { get; init; }
}

/// <param name="What">What the command shows.</param>
/// <param name="Command">For a POSIX shell.</param>
public sealed record ExplainedCommand(string What, string Command);
