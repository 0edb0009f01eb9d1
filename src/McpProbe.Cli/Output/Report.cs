using McpProbe.Endpoints;
using McpProbe.Gate;
using McpProbe.Model;

namespace McpProbe.Cli.Output;

/// <summary>What a command found, in the one shape that the formats of CI systems are written from.</summary>
/// <param name="Command">Such as <c>verify</c>.</param>
/// <param name="Target">The URL, command line or file that it is about.</param>
internal sealed record Report(string Command, string Target, DateTimeOffset StartedAt, IReadOnlyList<GateCheck> Checks)
{
    public IReadOnlyList<Change> Changes { get; init; } = [];

    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Where the server leaves the specification (docs/specification.md).</summary>
    public IReadOnlyList<Finding> Specification { get; init; } = [];

    /// <summary>How strongly the specification must ask for what counts, by the condition of that name; null when none does.</summary>
    public Requirement? Counts { get; init; }

    /// <summary>The snapshot file that places are shown in; null when there is none.</summary>
    public SnapshotPlaces? File { get; init; }

    /// <summary>The least class of changes that fails.</summary>
    public ChangeClass FailOn { get; init; } = ChangeClass.Breaking;

    public int ExitCode => ExitCodes.First(Checks.Select(check => check.ExitCode));

    /// <summary>How bad a change is for who asked: what fails the command is an error, whatever its class.</summary>
    public Severity SeverityOf(Change change) => DriftJudge.Fails(change.Class, FailOn) ? Severity.Error
        : change.Class is ChangeClass.Info ? Severity.Note
        : Severity.Warning;

    /// <summary>What counts is an error; a <c>must</c> that does not is a warning, and all else worth a note.</summary>
    public Severity SeverityOfRule(Finding finding) => finding switch
    {
        { Level: FindingLevel.Hard } => Severity.Error,
        { Requirement: { } requirement } when requirement >= Counts => Severity.Error,
        { Requirement: Requirement.Must } => Severity.Warning,
        _ => Severity.Note,
    };

    public static Severity SeverityOf(Finding finding) => finding switch
    {
        { Level: FindingLevel.Hard } => Severity.Error,
        { IsInterop: true } => Severity.Note,
        _ => Severity.Warning,
    };
}

internal enum Severity
{
    Note,
    Warning,
    Error,
}
