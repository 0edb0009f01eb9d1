using System.Diagnostics;
using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Transports;

/// <summary>
/// The spans of probes: one for the probe, and below it one for each message to the server, as the OpenTelemetry conventions for MCP
/// name them (semantic-conventions-genai, docs/gen-ai/mcp.md). Nothing is made where nobody listens and the endpoint does not ask to
/// pass the trace on.
/// </summary>
public static class ProbeTrace
{
    /// <summary>The name of the source of all spans.</summary>
    public const string SourceName = "McpProbe";

    private static readonly ActivitySource Source = new(SourceName);

    internal static bool IsWanted(Endpoint endpoint) => endpoint.TraceContext || (Source.HasListeners() && !endpoint.Untraced);

    /// <summary>The span of a whole probe; null where none is wanted.</summary>
    internal static Activity? Begin(Endpoint endpoint)
    {
        if (!IsWanted(endpoint))
            return null;
        // Without a listener it is recorded nowhere, and its ids still join the server's own spans.
        var probe = Source.StartActivity("probe")
            ?? new Activity("probe").SetIdFormat(ActivityIdFormat.W3C).Start();
        probe.SetTag("mcpprobe.endpoint.id", endpoint.Id);
        TagServer(probe, endpoint);
        return probe;
    }

    internal static void End(Activity? probe, ProbeResult result)
    {
        if (probe is null)
            return;
        probe.SetTag("mcpprobe.verdict", WireNames.Of(result.Verdict));
        probe.SetTag("mcpprobe.attempts", result.Attempts);
        if (result.ProtocolVersion is { } version)
            probe.SetTag("mcp.protocol.version", version);
        if (result.Failure is { } failure)
        {
            probe.SetTag("error.type", WireNames.Of(failure.Kind));
            if (failure.Phase is { } phase)
                probe.SetTag("mcpprobe.phase", WireNames.Of(phase));
            if (result.Verdict is Verdict.Down)
                probe.SetStatus(ActivityStatusCode.Error, failure.Message);
        }

        probe.Dispose();
    }

    /// <summary>Sends a request within a span of its own.</summary>
    internal static async Task<JsonRpcReply> RequestAsync(
        ProbeRun run, TransportKind kind, McpRequest request, Func<McpRequest, CancellationToken, Task<JsonRpcReply>> send, CancellationToken cancellationToken)
    {
        using var span = BeginMessage(run, kind, ref request);
        try
        {
            var reply = await send(request, cancellationToken);
            if (span is not null && reply.Error is { } error)
            {
                var code = error.Code.ToString(CultureInfo.InvariantCulture);
                span.SetTag("rpc.response.status_code", code);
                span.SetTag("error.type", code);
                span.SetStatus(ActivityStatusCode.Error, run.Foreign(error.Message));
            }
            else if (span is not null && reply.Refusal is { } refusal)
            {
                Fail(span, refusal);
            }

            return reply;
        }
        catch (ProbeFailedException failed) when (span is not null)
        {
            Fail(span, failed.Failure);
            throw;
        }
        catch (OperationCanceledException) when (span is not null)
        {
            span.SetTag("error.type", run.Deadline.HasExpired ? "timeout" : "cancelled");
            span.SetStatus(ActivityStatusCode.Error);
            throw;
        }
    }

    /// <summary>Sends a notification within a span of its own.</summary>
    internal static async Task NotifyAsync(
        ProbeRun run, TransportKind kind, McpRequest notification, Func<McpRequest, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        using var span = BeginMessage(run, kind, ref notification);
        try
        {
            await send(notification, cancellationToken);
        }
        catch (ProbeFailedException failed) when (span is not null)
        {
            Fail(span, failed.Failure);
            throw;
        }
    }

    private static Activity? BeginMessage(ProbeRun run, TransportKind kind, ref McpRequest message)
    {
        var tool = message.Tool is { } name ? run.Foreign(name) : null;
        var span = Source.StartActivity(tool is null ? message.Method : $"{message.Method} {tool}", ActivityKind.Client);
        if (span is not null)
        {
            span.SetTag("mcp.method.name", message.Method);
            if (message.ProtocolVersion is { } version)
                span.SetTag("mcp.protocol.version", version);
            if (message.Id is { } id)
                span.SetTag("jsonrpc.request.id", id.ToString(CultureInfo.InvariantCulture));
            span.SetTag("network.transport", kind is TransportKind.Stdio ? "pipe" : "tcp");
            if (kind is not TransportKind.Stdio)
                span.SetTag("network.protocol.name", "http");
            if (tool is not null)
            {
                span.SetTag("gen_ai.tool.name", tool);
                span.SetTag("gen_ai.operation.name", "execute_tool");
            }

            TagServer(span, run.Endpoint);
        }

        // Our own probe's, or the message's own where it is recorded: never that of whoever called us.
        if (run.Endpoint.TraceContext && (span ?? Activity.Current) is { IdFormat: ActivityIdFormat.W3C, Id: { } parent })
            message = message.WithTraceParent(parent);
        return span;
    }

    private static void Fail(Activity span, Failure failure)
    {
        span.SetTag("error.type", failure.HttpStatus is { } status ? status.ToString(CultureInfo.InvariantCulture) : WireNames.Of(failure.Kind));
        span.SetStatus(ActivityStatusCode.Error, failure.Message);
    }

    private static void TagServer(Activity span, Endpoint endpoint)
    {
        if (endpoint.Url is not { IsAbsoluteUri: true } url)
            return;
        span.SetTag("server.address", url.Host);
        span.SetTag("server.port", url.Port);
    }
}
