using System.CommandLine;

namespace McpProbe.Cli.Commands;

/// <summary>A command that probes what its argument and options name.</summary>
internal interface ITakesTarget
{
    TargetOptions Target { get; }

    /// <summary>Every mistake in the words that name it. Safe to call when the parser has found mistakes of its own.</summary>
    IReadOnlyList<string> MistakesIn(ParseResult parsed) => Target.Bind(parsed).Mistakes;
}
