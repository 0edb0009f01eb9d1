using McpProbe.Endpoints;

namespace McpProbe.Probing;

/// <summary>
/// A session that stays open, to ask the server again and again whether it still answers: <c>tools/list</c>, without a new
/// handshake each time. One question at a time.
/// </summary>
public sealed class LiveSession : IAsyncDisposable
{
    private readonly Endpoint _endpoint;
    private readonly ProberOptions _options;
    private readonly TimeProvider _time;
    private ProbeAttempt? _open;

    /// <param name="endpoint">Its timeout bounds each question. Its conditions, budgets and smoke call are not asked about.</param>
    public LiveSession(Endpoint endpoint, ProberOptions options, TimeProvider time)
    {
        _endpoint = endpoint with { Smoke = null, Conditions = new Conditions { AllowEmpty = true, CertificateDays = 0 } };
        _options = options;
        _time = time;
    }

    /// <summary>
    /// Asks on the open session; opens one when there is none, or when the server knows it no more, as after its restart. Every
    /// outcome is a value.
    /// </summary>
    public async Task<ProbeResult> AskAsync(CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(_endpoint.Timeout, _time, cancellationToken);
        if (_open is not null)
        {
            var again = await _open.AskAgainAsync(deadline);
            if (again.Failure is null)
                return again;
            await DisposeAsync();
            if (deadline.Token.IsCancellationRequested)
                return again;
        }

        var attempt = new ProbeAttempt(_endpoint, _options, _time, deadline, connections: null);
        var first = await attempt.RunAsync(keepOpen: true);
        if (first.Failure is null)
            _open = attempt;
        else
            await attempt.DisposeAsync();
        return first;
    }

    /// <summary>Ends the session.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_open is not { } open)
            return;
        _open = null;
        await open.DisposeAsync();
    }
}
