namespace McpProbe.Mutation;

/// <summary>One small change of the code, off until its number is the active one.</summary>
/// <param name="Name">Where and what, without a line number: it stays the same while other lines move.</param>
/// <param name="Wrong">What it does to a condition; the compiler cannot follow each of them (<see cref="MutatedEngine"/>).</param>
internal sealed record Mutant(int Id, string File, int Line, string Name, Wrong Wrong);

/// <param name="Outcome">Null before it was tried.</param>
internal sealed record Tried(Mutant Mutant, Outcome? Outcome);

internal enum Wrong
{
    Other,
    AlwaysTrue,
    AlwaysFalse,
    LeftOut,
}
