namespace McpProbe.Monitoring;

/// <summary>Whether this process has finished a probe yet: timings before that are those of a runtime warming up.</summary>
public sealed class ColdStart
{
    private volatile bool _ended;

    public bool IsCold => !_ended;

    public void End() => _ended = true;
}
