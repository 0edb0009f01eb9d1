using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.CrashTest.Truth;

/// <summary>An MCP server that is up, down or drifted just as the script says; it remembers since when.</summary>
internal sealed class ScriptedEndpoint(string id)
{
    private readonly Lock _lock = new();
    private readonly List<Outage> _outages = [];
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

    public void GoDown(OutageKind kind)
    {
        lock (_lock)
        {
            _answer = kind switch
            {
                OutageKind.Refusing => RefuseAsync,
                OutageKind.Resetting => ResetAsync,
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
            if (_outages is [.., { End: null } last])
                _outages[^1] = last with { End = TimeProvider.System.GetUtcNow() };
        }
    }

    public async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
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
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.CompletedTask;
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

/// <summary>A time in which an endpoint answered no probe well.</summary>
internal sealed record Outage(DateTimeOffset Start, DateTimeOffset? End);

internal enum OutageKind
{
    Refusing,
    Resetting,
    Hanging,
}
