using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Gate;

/// <summary>One thing that a gate looked at.</summary>
/// <param name="Name">Such as <c>handshake</c> (docs/gate.md, Checks).</param>
/// <param name="Detail">What was seen; when it failed, what to do next. One line without foreign control characters.</param>
public sealed record GateCheck(string Name, CheckStatus Status, string Detail)
{
    /// <summary>The exit code that a failed check asks for; 0 for every other.</summary>
    [JsonIgnore]
    public int ExitCode { get; init; }

    /// <summary>How long it took, in milliseconds; 0 for what took no time of its own.</summary>
    [JsonIgnore]
    public double Ms { get; init; }

    /// <param name="ms">Milliseconds.</param>
    public GateCheck Taking(double ms) => this with { Ms = ms };

    public static GateCheck Passed(string name, string detail) => new(name, CheckStatus.Passed, detail);

    public static GateCheck Warned(string name, string detail) => new(name, CheckStatus.Warned, detail);

    public static GateCheck Skipped(string name, string detail) => new(name, CheckStatus.Skipped, detail);

    public static GateCheck Failed(string name, int exitCode, string detail) => new(name, CheckStatus.Failed, detail) { ExitCode = exitCode };
}

[JsonConverter(typeof(WireNameConverter<CheckStatus>))]
public enum CheckStatus
{
    Passed,
    Failed,

    /// <summary>Worth a look; does not stop a deployment.</summary>
    Warned,

    /// <summary>Not asked for, or not reached.</summary>
    Skipped,
}
