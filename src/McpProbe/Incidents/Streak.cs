using McpProbe.Endpoints;

namespace McpProbe.Incidents;

/// <summary>
/// Bad probes in a row, and good ones in a row since. Both stop at the endpoint's thresholds, so that a long trouble, like a
/// long calm, changes nothing and writes nothing.
/// </summary>
internal readonly record struct Streak(int Bad, int Good)
{
    /// <param name="held">
    /// An incident about it is open, so that it takes the success threshold to end the row, also where the failure threshold was
    /// raised in the meantime.
    /// </param>
    internal Streak Next(bool bad, bool held, Endpoint endpoint)
    {
        if (bad)
            return new Streak(Math.Min(Bad + 1, endpoint.FailureThreshold), 0);
        var counts = Bad >= endpoint.FailureThreshold || (held && Bad > 0);
        return counts && Good + 1 < endpoint.SuccessThreshold ? this with { Good = Good + 1 } : default;
    }

    /// <summary>Bad for long enough, and still so.</summary>
    internal bool IsOver(Endpoint endpoint) => Bad >= endpoint.FailureThreshold && Good == 0;
}
