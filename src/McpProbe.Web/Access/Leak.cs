namespace McpProbe.Web.Access;

/// <summary>A count that drains over time, so that it tells how much came lately. Not safe for several threads.</summary>
internal struct Leak
{
    private double _level;
    private long _at;

    /// <param name="drop">How long it takes to drain by one.</param>
    /// <param name="most">It rises no higher, so that it is soon low again.</param>
    /// <returns>The level then.</returns>
    internal double Add(TimeProvider time, TimeSpan drop, double most)
    {
        var now = time.GetTimestamp();
        var drained = _level == 0 ? 0 : time.GetElapsedTime(_at, now) / drop;
        _level = Math.Min(Math.Max(0, _level - drained) + 1, most);
        _at = now;
        return _level;
    }
}
