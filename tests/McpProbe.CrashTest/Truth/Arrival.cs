namespace McpProbe.CrashTest.Truth;

/// <summary>One request at the receiver. Numbers count arrivals and answers together, so that they tell what was before what.</summary>
/// <param name="Body">Null when it was not read.</param>
internal sealed record Arrival(int Number, DateTimeOffset At, string Id, string? Body, bool Signed, ReceiverAnswer Answer)
{
    /// <summary>The number of the answer; 0 until it is given.</summary>
    public int Answered { get; set; }

    public bool Accepted => Answer is ReceiverAnswer.Accepts or ReceiverAnswer.AcceptsLate && Answered > 0;
}

internal enum ReceiverAnswer
{
    Accepts,

    /// <summary>Takes its time.</summary>
    AcceptsLate,

    Says500,

    /// <summary>With <c>Retry-After</c>.</summary>
    Says429,

    Hangs,
    ResetsBeforeReading,
    ResetsAfterReading,
}
