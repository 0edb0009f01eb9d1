namespace McpProbe.Web.Health;

/// <summary>
/// Looks at something that may hang, for whoever asks: one look at a time, which all who ask meanwhile share, an answer within its
/// patience, and the answer kept for a moment, so that nobody makes work by asking.
/// </summary>
/// <param name="look">Throws for what it cannot see.</param>
/// <param name="kept">For how long an answer serves others.</param>
public sealed class Looking<T>(Func<CancellationToken, Task<T>> look, TimeSpan kept, TimeSpan patience, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _end = new();
    private Task<T>? _current;
    private (T Value, DateTimeOffset At)? _seen;

    /// <summary>What is seen; the exception of a look that failed, and <see cref="TimeoutException"/> for one that takes too long.</summary>
    public async Task<T> AskAsync(CancellationToken cancellationToken)
    {
        Task<T> current;
        lock (_gate)
        {
            if (_seen is var (value, at) && (time.GetUtcNow() - at).Duration() < kept)
                return value;
            // A look that hangs is not joined by others: they wait for it, and give up on it, too.
            if (_current is null or { IsCompleted: true })
                _current = Task.Run(LookAsync, _end.Token);
            current = _current;
        }

        return await current.WaitAsync(patience, time, cancellationToken);
    }

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    private async Task<T> LookAsync()
    {
        using var longest = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(longest.Token, _end.Token);
        T seen;
        try
        {
            seen = await look(either.Token);
        }
        catch (OperationCanceledException) when (longest.IsCancellationRequested)
        {
            // Whoever asks next looks anew.
            throw new TimeoutException();
        }

        lock (_gate)
            _seen = (seen, time.GetUtcNow());
        return seen;
    }
}
