using McpProbe.Model;

namespace McpProbe.Probing.Run;

/// <summary>Carries a failure from where it was met up to <see cref="ProbeAttempt"/>, the one place that catches it.</summary>
internal sealed class ProbeFailedException(Failure failure) : Exception(failure.Message)
{
    /// <summary>In the phase that the attempt is in.</summary>
    public ProbeFailedException(FailureKind kind, string message) : this(new Failure(kind, null, message))
    {
    }

    public Failure Failure { get; } = failure;

    /// <summary>The server answered, and this is what it said; not that it could not be reached, or that a limit was met.</summary>
    public bool IsAnswer { get; init; }

    /// <summary>The server refused <c>server/discover</c> or <c>initialize</c> with a status by which servers of 2024-11-05 (HTTP+SSE) can be recognised.</summary>
    public bool MayBeLegacySse { get; init; }
}
