using System.Collections.Concurrent;

namespace McpProbe.Monitoring.Prober;

/// <summary>One visit at a time per host, for servers of strangers (<see cref="Endpoints.Endpoint.IsStrangers"/>): a host that carries hundreds of them is not asked by all at once.</summary>
public sealed class HostTurns(TimeProvider time)
{
    /// <summary>A probe waits no longer for its turn: its slot is then left out.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, Line> _lines = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Waits for the host to be free.</summary>
    /// <returns>To be disposed after the visit; null when it is not free in time.</returns>
    public async Task<IDisposable?> EnterAsync(Uri url, CancellationToken cancellationToken)
    {
        var host = url.IdnHost;
        while (true)
        {
            var line = _lines.GetOrAdd(host, _ => new Line());
            lock (line)
            {
                if (line.IsClosed)
                    continue;
                line.People++;
            }

            if (await IsFreeAsync(line, cancellationToken))
                return new Turn(this, host, line);
            Leave(host, line);
            return null;
        }
    }

    private async Task<bool> IsFreeAsync(Line line, CancellationToken cancellationToken)
    {
        if (line.Door.Wait(0, CancellationToken.None))
            return true;
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await line.Door.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Leave(string host, Line line)
    {
        lock (line)
        {
            if (--line.People > 0)
                return;
            line.IsClosed = true;
            _lines.TryRemove(host, out _);
        }
    }

    private sealed class Line
    {
        public SemaphoreSlim Door { get; } = new(1, 1);

        public int People { get; set; }

        public bool IsClosed { get; set; }
    }

    private sealed class Turn(HostTurns turns, string host, Line line) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 1)
                return;
            line.Door.Release();
            turns.Leave(host, line);
        }
    }
}
