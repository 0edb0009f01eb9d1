using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.CrashTest.Truth;

/// <summary>An MCP server that is up, down or drifted just as the script says; it remembers since when.</summary>
internal sealed class ScriptedEndpoint(string id)
{
    private readonly Lock _lock = new();
    private readonly List<Outage> _outages = [];
    private readonly List<Outage> _drifts = [];
    private readonly List<Attention> _attentions = [];
    private RequestDelegate _answer = Tools(0);
    private int _requests;

    public string Id => id;

    /// <summary>How many requests it has had, refused ones included.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>When it was down; the end is null while it is.</summary>
    public IReadOnlyList<Outage> Outages
    {
        get
        {
            lock (_lock)
                return [.. _outages];
        }
    }

    /// <summary>When it had other tools than those of revision 0; the end is null while it has.</summary>
    public IReadOnlyList<Outage> Drifts
    {
        get
        {
            lock (_lock)
                return [.. _drifts];
        }
    }

    /// <summary>Every request it has had, and when it was done with it, in the order in which they ended.</summary>
    public IReadOnlyList<Attention> Attentions
    {
        get
        {
            lock (_lock)
                return [.. _attentions];
        }
    }

    public void GoDown(OutageKind kind)
    {
        lock (_lock)
        {
            _answer = kind switch
            {
                OutageKind.Refusing => RefuseAsync,
                OutageKind.Resetting => ResetAsync,
                OutageKind.Failing => FailAsync,
                OutageKind.HalfWay => StopHalfWayAsync,
                _ => HangAsync,
            };
            _outages.Add(new Outage(TimeProvider.System.GetUtcNow(), End: null));
        }
    }

    /// <summary>It is up, with the tools of a revision: 0 is the baseline, and every other breaks the clients of all others.</summary>
    public void ComeUp(int revision = 0)
    {
        lock (_lock)
        {
            _answer = Tools(revision);
            var now = TimeProvider.System.GetUtcNow();
            if (_outages is [.., { End: null } last])
                _outages[^1] = last with { End = now };
            if (_drifts is [.., { End: null } drift] && revision == 0)
                _drifts[^1] = drift with { End = now };
            else if (_drifts is not [.., { End: null }] && revision != 0)
                _drifts.Add(new Outage(now, End: null));
        }
    }

    /// <summary>It is up, and takes its time for every answer.</summary>
    public void BecomeSlow(TimeSpan delay)
    {
        ComeUp();
        var tools = Tools(0);
        lock (_lock)
        {
            _answer = async context =>
            {
                await Task.Delay(delay, TimeProvider.System, context.RequestAborted);
                await tools(context);
            };
        }
    }

    public async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        var from = TimeProvider.System.GetUtcNow();
        RequestDelegate answer;
        lock (_lock)
            answer = _answer;
        try
        {
            await answer(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked has died, or has waited long enough.
        }
        finally
        {
            lock (_lock)
                _attentions.Add(new Attention(from, TimeProvider.System.GetUtcNow()));
        }
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.CompletedTask;
    }

    private static Task FailAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        return Task.CompletedTask;
    }

    private static async Task StopHalfWayAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = 1000;
        await context.Response.WriteAsync("""{"jsonrpc":"2.0","id":1,"result":{"pro""", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        context.Abort();
    }

    private static Task ResetAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    private static Task HangAsync(HttpContext context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);

    private static RequestDelegate Tools(int revision) => McpScript.Handshake("echo", revision == 0
        ? """{"name":"sum","description":"Adds numbers.","inputSchema":{"type":"object"}}"""
        : $$$"""{"name":"sum","description":"Adds numbers.","inputSchema":{"type":"object","properties":{"v{{{revision}}}":{"type":"string"}},"required":["v{{{revision}}}"]}}""");
}

/// <summary>A request, from its arrival to its answer, or to when nobody waited for that any more.</summary>
internal sealed record Attention(DateTimeOffset From, DateTimeOffset Until);

/// <summary>A time in which an endpoint answered no probe well.</summary>
internal sealed record Outage(DateTimeOffset Start, DateTimeOffset? End);

internal enum OutageKind
{
    Refusing,
    Resetting,
    Hanging,

    /// <summary>Says 500.</summary>
    Failing,

    /// <summary>Drops the connection in the middle of an answer.</summary>
    HalfWay,
}
