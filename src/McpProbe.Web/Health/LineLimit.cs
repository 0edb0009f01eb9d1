namespace McpProbe.Web.Health;

/// <summary>
/// One log line a minute for each cause, so that a store that is away for a night leaves a log that can be read, and that does not fill
/// the disk.
/// </summary>
public sealed class LineLimit(TimeProvider time)
{
    private static readonly TimeSpan Between = TimeSpan.FromMinutes(1);

    /// <summary>More causes than that at once are one.</summary>
    private const int MostCauses = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (DateTimeOffset At, int Unsaid)> _said = [];

    /// <param name="unsaid">How many were left out since the last line of this cause.</param>
    /// <returns>Whether the line is to be written.</returns>
    public bool Allows(string cause, out int unsaid)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_said.Count >= MostCauses && !_said.ContainsKey(cause))
            {
                foreach (var (old, said) in _said.ToList())
                {
                    if ((now - said.At).Duration() >= Between)
                        _said.Remove(old);
                }
                if (_said.Count >= MostCauses)
                    cause = "";
            }

            (DateTimeOffset At, int Unsaid) last = _said.GetValueOrDefault(cause, (DateTimeOffset.MinValue, 0));
            if (last.At != DateTimeOffset.MinValue && (now - last.At).Duration() < Between)
            {
                _said[cause] = last with { Unsaid = last.Unsaid + 1 };
                unsaid = 0;
                return false;
            }

            _said[cause] = (now, 0);
            unsaid = last.Unsaid;
            return true;
        }
    }
}
