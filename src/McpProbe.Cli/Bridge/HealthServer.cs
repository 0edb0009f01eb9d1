using System.Buffers;
using System.Net;
using System.Text.Json;
using McpProbe.Text;

namespace McpProbe.Cli.Bridge;

/// <summary>The HTTP side of the bridge: GET and HEAD of three paths, a small JSON body each.</summary>
internal sealed class HealthServer(HealthChecks checks, TimeProvider time)
{
    private volatile bool _draining;

    /// <summary>From now on <c>/ready</c> says no; the other checks go on.</summary>
    public void Drain() => _draining = true;

    /// <summary>Answers until cancelled, then waits for the answers under way.</summary>
    public async Task RunAsync(HttpListener listener, CancellationToken cancellationToken)
    {
        var answering = new HashSet<Task>();
        while (!cancellationToken.IsCancellationRequested)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync().WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            answering.RemoveWhere(task => task.IsCompleted);
            answering.Add(AnswerAsync(context, cancellationToken));
        }

        await Task.WhenAll(answering);
    }

    private async Task AnswerAsync(HttpListenerContext context, CancellationToken cancellationToken)
    {
        try
        {
            var (status, body) = await AnswerOfAsync(context.Request, cancellationToken);
            var response = context.Response;
            response.StatusCode = status;
            response.ContentType = "application/json";
            response.Headers["Cache-Control"] = "no-store";
            if (status == 405)
                response.Headers["Allow"] = "GET, HEAD";
            response.ContentLength64 = body.Length;
            if (context.Request.HttpMethod != "HEAD")
                await response.OutputStream.WriteAsync(body, cancellationToken);
            response.Close();
        }
        catch (Exception gone) when (gone is HttpListenerException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Whoever asked has hung up, or the bridge ends.
            context.Response.Abort();
        }
    }

    private async Task<(int Status, ReadOnlyMemory<byte> Body)> AnswerOfAsync(HttpListenerRequest request, CancellationToken cancellationToken)
    {
        var path = request.Url?.AbsolutePath ?? "/";
        if (checks.At(path) is not { } check)
            return (404, Body("failing", null, "There is nothing here: ask for /startup, /ready or /live."));
        if (request.HttpMethod is not ("GET" or "HEAD"))
            return (405, Body("failing", null, "Health checks are GET requests."));
        if (_draining && path == "/ready")
            return (503, Body("stopping", null, "The bridge is shutting down, so that no new traffic is sent here."));

        var shared = await check.GetAsync(cancellationToken);
        var passed = path == "/live" ? HealthChecks.IsAlive(shared.Result) : HealthChecks.IsWell(shared.Result);
        return (passed ? 200 : 503, Body(passed ? "ok" : "failing", shared, shared.Result.Failure?.Message));
    }

    private ReadOnlyMemory<byte> Body(string status, SharedResult? shared, string? message)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("status", status);
            if (shared is not null)
            {
                json.WriteString("verdict", WireNames.Of(shared.Result.Verdict));
                if (shared.Result.Failure is { } failure)
                    json.WriteString("kind", WireNames.Of(failure.Kind));
                if (shared.Result.Catalog is { } catalog)
                    json.WriteNumber("tools", catalog.Tools);
                json.WriteNumber("tookMs", shared.Result.Timings.TotalMs);
                json.WriteNumber("ageMs", Math.Round(time.GetElapsedTime(shared.EndedAt).TotalMilliseconds));
            }

            if (message is not null)
                json.WriteString("message", message);
            json.WriteEndObject();
        }

        return body.WrittenMemory;
    }
}
