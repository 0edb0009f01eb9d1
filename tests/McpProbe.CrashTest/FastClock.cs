namespace McpProbe.CrashTest;

/// <summary>A clock that runs faster than the machine's, and goes on where it was when another process reads it: it depends on the machine's clock only.</summary>
/// <param name="origin">When both clocks show the same.</param>
internal sealed class FastClock(DateTimeOffset origin, int speed) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => origin + (System.GetUtcNow() - origin) * speed;

    public override long GetTimestamp() => System.GetTimestamp() * speed;

    public override long TimestampFrequency => System.TimestampFrequency;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new FastTimer(System.CreateTimer(callback, state, Real(dueTime), Real(period)), this);

    // A timer that is set for less than a tick of the machine's must not be set for "at once, and too early".
    private TimeSpan Real(TimeSpan time) => time <= TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds / speed));

    private sealed class FastTimer(ITimer timer, FastClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.Real(dueTime), clock.Real(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
