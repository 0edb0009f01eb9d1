namespace McpProbe.Model;

/// <summary>The exit codes of every command; when several apply, <see cref="First"/> chooses.</summary>
public static class ExitCodes
{
    /// <summary>What makes the others pointless comes first: nothing can be said of the drift of a server that is not reached.</summary>
    private static readonly int[] Precedence =
        [Usage, Unreachable, Credentials, NotHealthy, NoBaseline, SmokeFailed, Drift, LatencyRegression];

    public const int Ok = 0;

    /// <summary>Reached, but not healthy: protocol, catalogue or a condition.</summary>
    public const int NotHealthy = 1;

    /// <summary>Wrong usage, or a wrong file.</summary>
    public const int Usage = 2;

    /// <summary>Credentials are needed, or were refused.</summary>
    public const int Credentials = 3;

    public const int Unreachable = 4;
    public const int SmokeFailed = 5;

    /// <summary>Drift at or above <c>--fail-on</c>, or hard findings.</summary>
    public const int Drift = 6;

    public const int LatencyRegression = 7;

    /// <summary>The baseline is missing or not comparable.</summary>
    public const int NoBaseline = 8;

    /// <summary>The one that counts when several apply: the first of 2, 4, 3, 1, 8, 5, 6, 7; 0 when none of them does.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is none of these codes.</exception>
    public static int First(IEnumerable<int> codes)
    {
        var applying = codes.Where(code => code != Ok).ToHashSet();
        return applying.FirstOrDefault(code => !Precedence.Contains(code)) is var unknown and not Ok
            ? throw new ArgumentOutOfRangeException(nameof(codes), unknown, "This is not an exit code of a verdict.")
            : Array.Find(Precedence, applying.Contains);
    }
}
