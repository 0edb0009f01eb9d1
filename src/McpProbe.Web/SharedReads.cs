using System.Collections.Concurrent;

namespace McpProbe.Web;

/// <summary>
/// What the public asks for, read once for all who ask within a few seconds, and by one of them at a time: asking more often makes the
/// head do no more. Whoever has the key reads for himself, and sees what is there now.
/// </summary>
internal sealed class SharedReads(TimeProvider time)
{
    internal static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    /// <summary>One reading takes its answer from a store; it must not hold those who ask later.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Reading> _readings = [];
    private long _sweptAt;

    /// <param name="key">One of few: never what an asker may choose freely.</param>
    /// <param name="read">Not cancelled with the asker: others wait for it too.</param>
    /// <param name="kept">For how long; null for <see cref="Kept"/>.</param>
    internal async Task<T> GetAsync<T>(string key, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken, TimeSpan? kept = null)
    {
        while (true)
        {
            Sweep();
            var mine = new Reading(time.GetUtcNow(), kept ?? Kept, () => BoundedAsync(read));
            var known = _readings.GetOrAdd(key, mine);
            if (known.IsOver(time.GetUtcNow()))
            {
                if (!_readings.TryUpdate(key, mine, known))
                    continue;
                known = mine;
            }

            return (T)await known.Value.WaitAsync(cancellationToken);
        }
    }

    // What nobody asks for any more takes no memory.
    private void Sweep()
    {
        var (now, last) = (time.GetUtcNow(), Interlocked.Read(ref _sweptAt));
        if (now.UtcTicks - last < Kept.Ticks || Interlocked.CompareExchange(ref _sweptAt, now.UtcTicks, last) != last)
            return;
        foreach (var reading in _readings.Where(each => each.Value.IsOver(now)))
            _readings.TryRemove(reading);
    }

    private async Task<object> BoundedAsync<T>(Func<CancellationToken, Task<T>> read)
    {
        using var longest = new CancellationTokenSource(Longest, time);
        return (await read(longest.Token))!;
    }

    private sealed class Reading(DateTimeOffset begun, TimeSpan kept, Func<Task<object>> read)
    {
        private readonly Lazy<Task<object>> _value = new(read);

        internal Task<object> Value => _value.Value;

        /// <summary>What failed is not kept; what is still on its way is waited for.</summary>
        internal bool IsOver(DateTimeOffset now) => _value.IsValueCreated && _value.Value.IsCompleted
            && (!_value.Value.IsCompletedSuccessfully || now - begun >= kept);
    }
}
