using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Probing.Sessions;

namespace McpProbe.Gate;

/// <summary>One client with one session: it keeps its connection as clients do, until an answer does not come.</summary>
internal sealed class DrainClient(Endpoint endpoint, McpProber prober, TimeProvider time, ProbeResult server) : IAsyncDisposable
{
    /// <summary>Longer than any time between two looks.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    private SessionVisit? _visit;
    private Deadline? _deadline;
    private HeldSession? _held;
    private HeldStream? _stream;
    private int _asked;

    public bool IsOpen => _held is not null;

    public async Task<SessionLook> OpenAsync(CancellationToken stop)
    {
        var visit = Begin(stop);
        var look = server.Era is Era.Stateless ? await ListenAsync(visit) : await visit.OpenAsync(time.GetUtcNow(), server.ProtocolVersion!);
        _held = look.Opened;
        Pause(look);
        return look;
    }

    public async Task<SessionLook> AskAsync(CancellationToken stop)
    {
        if (_stream is not null)
            return _stream.Look();
        // No id of a request comes twice in a session: each question has a second of its own.
        var look = await Begin(stop).AskAsync(_held! with { LastEventId = null }, _held.Since.AddSeconds(++_asked));
        Pause(look);
        return look;
    }

    /// <summary>The session is over.</summary>
    public async Task ForgetAsync()
    {
        if (_stream is not null)
            await _stream.DisposeAsync();
        (_held, _stream) = (null, null);
        Hang();
    }

    /// <summary>Ends the session politely.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_held is { Id: not null } held)
        {
            Hang();
            using var deadline = new Deadline(TimeSpan.FromSeconds(2), time, CancellationToken.None);
            using var visit = prober.Visit(endpoint, deadline);
            await visit.CloseAsync(held);
        }

        await ForgetAsync();
    }

    private async Task<SessionLook> ListenAsync(SessionVisit visit)
    {
        (var look, _stream) = await visit.ListenAsync(time.GetUtcNow(), server.ProtocolVersion!, Patience);
        return look;
    }

    private SessionVisit Begin(CancellationToken stop)
    {
        if (_visit is not null)
            _deadline!.Restart();
        _deadline ??= new Deadline(endpoint.Timeout, time, stop);
        return _visit ??= prober.Visit(endpoint, _deadline);
    }

    private void Pause(SessionLook look)
    {
        if (look.Answer is SessionAnswer.Survived or SessionAnswer.Opened && _stream is null)
            _deadline!.Pause();
        else
            Hang();
    }

    private void Hang()
    {
        _visit?.Dispose();
        _deadline?.Dispose();
        (_visit, _deadline) = (null, null);
    }
}
