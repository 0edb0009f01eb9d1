namespace McpProbe.Monitoring.Connectivity;

/// <summary>
/// Which hosts answered the probes of the last minute, and whether so many did not that the fault may be the prober's own. Pure.
/// Hosts, not endpoints: many endpoints on one host that is gone are one server's trouble.
/// </summary>
internal sealed class ConnectivityWindow
{
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(1);

    /// <summary>
    /// So many different hosts one after the other, none of which answered, are suspect whatever was before: when the network goes,
    /// it takes half a minute until half of the hosts were probed again.
    /// </summary>
    public const int InARow = 3;

    private readonly Dictionary<string, (DateTimeOffset At, bool Answered)> _last = [];
    private readonly Queue<(DateTimeOffset At, string Host)> _order = [];
    private readonly HashSet<string> _silentInARow = [];

    /// <summary>Hosts that were probed in the last minute.</summary>
    public int Hosts => _last.Count;

    /// <summary>Those of them whose last probe had no answer.</summary>
    public int Silent { get; private set; }

    /// <summary>
    /// Two hosts at least, because one that does not answer is a server that is down; and half of all at least, or the last
    /// three, because the others' answers show that the network works.
    /// </summary>
    public bool IsSuspect => (Silent >= 2 && 2 * Silent >= Hosts) || _silentInARow.Count >= InARow;

    /// <param name="answered">Something came back from it, be it a refusal.</param>
    /// <param name="at">Now; not before the last call's.</param>
    public void Add(string host, bool answered, DateTimeOffset at)
    {
        Forget(at - Span);
        if (_last.TryGetValue(host, out var before) && !before.Answered)
            Silent--;
        _last[host] = (at, answered);
        _order.Enqueue((at, host));
        if (answered)
        {
            _silentInARow.Clear();
        }
        else
        {
            Silent++;
            _silentInARow.Add(host);
        }
    }

    private void Forget(DateTimeOffset until)
    {
        while (_order.TryPeek(out var oldest) && oldest.At <= until)
        {
            _order.Dequeue();
            // Unless it was probed again since.
            if (_last.TryGetValue(oldest.Host, out var last) && last.At <= until)
            {
                _last.Remove(oldest.Host);
                _silentInARow.Remove(oldest.Host);
                if (!last.Answered)
                    Silent--;
            }
        }
    }
}
