using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>What the judgement of a probe needs from the store besides the state. It is read first; then nothing is read any more.</summary>
/// <param name="ReadAt">When it was read: the moment that the probe is judged at.</param>
internal sealed record Evidence(DateTimeOffset ReadAt)
{
    /// <summary>False when the state would begin to refer to a catalogue whose content neither the result nor the store has.</summary>
    public bool HasContent { get; init; } = true;

    /// <summary>The result of the slot before, where another catalogue than in that one was seen; null otherwise, and when there is none.</summary>
    public ProbeResult? Previous { get; init; }

    /// <summary>What the canary saw in the same slot; null when it did not look.</summary>
    public SessionLook? Session { get; init; }

    /// <summary>How long the server took to wake up; null where that was not measured.</summary>
    public ColdStartLook? ColdStart { get; init; }

    /// <summary>The catalogues of <see cref="ProbeJudge.ToCompare"/>, in canonical form; null for one that is not stored (any more).</summary>
    public ReadOnlyMemory<byte>? Before { get; init; }

    /// <inheritdoc cref="Before"/>
    public ReadOnlyMemory<byte>? After { get; init; }

    /// <summary>What a model reads of the two; null where one is missing.</summary>
    public TokenChange? Tokens { get; init; }

    /// <summary>What the location had, where the probe saw something else once; null otherwise, and when it is not stored (any more).</summary>
    public ReadOnlyMemory<byte>? Settled { get; init; }
}
