namespace McpProbe.Cli.Commands;

/// <summary>A command that probes one target, named by an argument and options.</summary>
internal interface ITakesTarget
{
    TargetOptions Target { get; }
}
