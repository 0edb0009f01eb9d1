namespace McpProbe.Monitoring;

/// <summary>
/// Numbers the definitions of an endpoint, so that a probe, or a queue message, that carries an older one is told from the current
/// one. A number is never given twice under one id, whatever happens in between:
/// <list type="bullet">
/// <item>It is greater than every one that the store has given, also to an endpoint that was deleted since: a store keeps the highest
/// for that. So it does not matter that a clock was set back.</item>
/// <item>It is not less than the clock's milliseconds. So it does not matter that a store was emptied, or restored from a backup, while
/// messages of before it wait in a queue.</item>
/// </list>
/// Only both at once, a store that lost its rows and a clock that was set back, could give one again.
/// </summary>
public static class Generations
{
    /// <param name="highest">The highest that may have been given under this id; 0 for none.</param>
    public static long Next(long highest, TimeProvider time) => Math.Max(highest + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
}
