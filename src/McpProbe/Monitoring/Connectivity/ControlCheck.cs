using McpProbe.Endpoints;
using McpProbe.Probing.Net;
using McpProbe.Probing.Run;

namespace McpProbe.Monitoring.Connectivity;

/// <summary>
/// Tries the control addresses, all at once, and remembers which of them mean anything here: in a network that does not let the
/// prober out to them, their silence must not silence alerts.
/// </summary>
internal sealed class ControlCheck(ControlAddresses addresses, ProberOptions options, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Many probes fail at once, and need one answer.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    /// <summary>Between two tries of an address that is silent although the network works.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private HashSet<ConnectTarget> _meaningful = [];
    private bool _someSilent = true;
    private bool _tried;
    private DateTimeOffset _learntAt = DateTimeOffset.MinValue;
    private Task<HashSet<ConnectTarget>>? _question;
    private DateTimeOffset _askedAt;

    /// <summary>
    /// Finds out which addresses answer, the first time at all, and later where it could change: one was silent, and the network works.
    /// </summary>
    /// <param name="networkWorks">A server has just answered: an address that is silent now means nothing, until it answers again.</param>
    public async Task LearnAsync(bool networkWorks, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_tried && !(networkWorks && _someSilent && time.GetUtcNow() - _learntAt >= Pause))
                return;
            _tried = true;
            if (networkWorks)
                _learntAt = time.GetUtcNow();
        }

        var answered = await TryAllAsync().WaitAsync(cancellationToken);
        lock (_lock)
        {
            _meaningful = answered;
            _someSilent = answered.Count < addresses.Targets.Count;
        }
    }

    /// <summary>Whether no address answers, and at least one of them did when the network worked.</summary>
    public async Task<bool> AllSilentAsync(CancellationToken cancellationToken)
    {
        Task<HashSet<ConnectTarget>> question;
        lock (_lock)
        {
            if (_meaningful.Count == 0)
                return false;
            if (_question is null || time.GetUtcNow() - _askedAt >= Kept)
                (_question, _askedAt) = (Task.Run(TryAllAsync, CancellationToken.None), time.GetUtcNow());
            question = _question;
        }

        var answered = await question.WaitAsync(cancellationToken);
        lock (_lock)
            _someSilent = answered.Count < addresses.Targets.Count;
        return answered.Count == 0;
    }

    /// <summary>Those that take a connection. It ends within <see cref="Patience"/>, whoever waits for it.</summary>
    private async Task<HashSet<ConnectTarget>> TryAllAsync()
    {
        using var deadline = new Deadline(Patience, time, CancellationToken.None);
        var answers = await Task.WhenAll(addresses.Targets.Select(target => AnswersAsync(target, deadline)));
        return [.. addresses.Targets.Where((_, i) => answers[i])];
    }

    private async Task<bool> AnswersAsync(ConnectTarget target, Deadline deadline)
    {
        // Its name is never shown: the run is for the address policy, the clock and the log.
        var run = new ProbeRun(new Endpoint { Id = "control" }, options, time, deadline);
        try
        {
            // The system's resolver cannot be interrupted: what comes after the deadline is not waited for.
            using var socket = await new Dialer(run, target, new ConnectTimings()).ConnectAsync(deadline.Token).WaitAsync(deadline.Token);
            return true;
        }
        catch (Exception error) when (error is ProbeFailedException or OperationCanceledException)
        {
            return false;
        }
    }
}
