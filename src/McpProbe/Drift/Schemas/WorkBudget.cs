namespace McpProbe.Drift.Schemas;

/// <summary>
/// Bounds the work on foreign schemas: a few hundred bytes of references can stand for more comparisons than a machine can make.
/// </summary>
internal sealed class WorkBudget
{
    // Real tools need some hundreds of steps, the largest seen some ten thousand.
    private const int MostStepsOfTool = 200_000;
    private const int MostSteps = 2_000_000;

    /// <summary>Nesting of comparisons and of references: each level takes stack.</summary>
    public const int MostDepth = 128;

    private int _left = MostSteps;
    private int _leftOfTool;

    public void BeginTool() => _leftOfTool = Math.Min(MostStepsOfTool, _left);

    /// <exception cref="TooComplexException">The work is used up.</exception>
    public void Spend(int steps = 1)
    {
        _left -= steps;
        _leftOfTool -= steps;
        if (_leftOfTool < 0) throw new TooComplexException();
    }
}

/// <summary>Ends the comparison of one schema; it never leaves <see cref="SchemaDiffer"/>.</summary>
internal sealed class TooComplexException : Exception;
