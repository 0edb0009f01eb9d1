namespace McpProbe.CrashTest.Soak;

/// <summary>A stretch of real time in which one process ran, and nobody set its clock.</summary>
/// <param name="Ahead">The process's clock less the real one.</param>
/// <param name="Fresh">It begins with the start of a process; otherwise with a clock that was set.</param>
internal sealed record Stretch(DateTimeOffset From, DateTimeOffset Until, TimeSpan Ahead, bool Fresh, StretchEnd End)
{
    /// <summary>Around a clock that is set, nobody knows which time the process sees.</summary>
    public static readonly TimeSpan AroundAClock = TimeSpan.FromSeconds(5);

    public DateTimeOffset Real(DateTimeOffset slot) => slot - Ahead;

    /// <summary>Whether its process may have seen this time of its clock.</summary>
    public bool MayShow(DateTimeOffset time) => MayWork(time, TimeSpan.Zero);

    /// <summary>Whether its process may have worked a slot: one that begins finds that slot open which was the newest.</summary>
    public bool MayWork(DateTimeOffset slot, TimeSpan interval) => slot + interval > From + Ahead - AroundAClock && slot < Until + Ahead + AroundAClock;
}

internal enum StretchEnd
{
    Killed,

    /// <summary>The process was asked to end.</summary>
    Ended,

    ClockSet,
}

/// <summary>A time in which what happened may be gone: by the docs, not by accident.</summary>
internal sealed record Excuse(DateTimeOffset From, DateTimeOffset Until);

/// <summary>The lives of a head's processes, as the soak sees them from outside.</summary>
internal sealed class Timeline(string head)
{
    private readonly Lock _lock = new();
    private readonly List<Stretch> _stretches = [];
    private (DateTimeOffset From, bool Fresh)? _open;

    public TimeSpan Ahead { get; private set; }

    public IReadOnlyList<Stretch> Stretches
    {
        get
        {
            lock (_lock)
                return [.. _stretches];
        }
    }

    /// <summary>One line on the error stream for each thing that is done to the head: for whoever looks for the cause of a failure.</summary>
    public void Say(string what) =>
        Console.Error.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():HH:mm:ss.f} {head}: {what}"));

    public void Begins()
    {
        Say("ready");
        lock (_lock)
            _open = (TimeProvider.System.GetUtcNow(), true);
    }

    public void Ends(StretchEnd end)
    {
        Say($"ends: {end}");
        lock (_lock)
            Close(end);
    }

    public void ClockIsSet(TimeSpan ahead)
    {
        Say($"the clock is set to {ahead.TotalSeconds} s ahead");
        lock (_lock)
        {
            var alive = _open is not null;
            Close(StretchEnd.ClockSet);
            Ahead = ahead;
            if (alive)
                _open = (TimeProvider.System.GetUtcNow(), false);
        }
    }

    private void Close(StretchEnd end)
    {
        if (_open is { } open)
            _stretches.Add(new Stretch(open.From, TimeProvider.System.GetUtcNow(), Ahead, open.Fresh, end));
        _open = null;
    }
}
