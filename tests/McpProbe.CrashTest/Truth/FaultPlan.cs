namespace McpProbe.CrashTest.Truth;

/// <summary>What the receiver does with each request, by a seed: no message meets more than two faults, so that every one gets through.</summary>
internal sealed class FaultPlan(int seed, double share)
{
    private const int MostPerMessage = 2;

    private static readonly ReceiverAnswer[] Faults =
    [
        ReceiverAnswer.Says500, ReceiverAnswer.Says500, ReceiverAnswer.Says429, ReceiverAnswer.Says429,
        ReceiverAnswer.ResetsBeforeReading, ReceiverAnswer.ResetsBeforeReading,
        ReceiverAnswer.ResetsAfterReading, ReceiverAnswer.ResetsAfterReading, ReceiverAnswer.Hangs,
    ];

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, int> _faults = [];

    /// <summary>No more faults from here on.</summary>
    public bool IsOver { get; set; }

    public ReceiverAnswer Next(string id)
    {
        if (IsOver)
            return ReceiverAnswer.Accepts;
        var met = _faults.GetValueOrDefault(id);
        if (met < MostPerMessage && _random.NextDouble() < share)
        {
            _faults[id] = met + 1;
            return Faults[_random.Next(Faults.Length)];
        }
        return _random.Next(3) == 0 ? ReceiverAnswer.AcceptsLate : ReceiverAnswer.Accepts;
    }
}
