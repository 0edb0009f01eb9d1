using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>A running server sends its metrics and spans where the standard variables say, and passes its trace on where it is asked to.</summary>
public sealed class OtlpTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Export_MetricsAndSpans_FollowTheConventions()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var sent = new ConcurrentQueue<(string Method, string? Parent, string? Header)>();
        var answers = McpScript.Handshake("echo");
        await using var watched = await StubServer.StartAsync(async context =>
        {
            context.Request.EnableBuffering();
            if (HttpMethods.IsPost(context.Request.Method))
            {
                using var message = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
                var root = message.RootElement;
                var parent = root.GetProperty("params").TryGetProperty("_meta", out var meta) && meta.TryGetProperty("traceparent", out var found) ? found.GetString() : null;
                sent.Enqueue((root.GetProperty("method").GetString()!, parent, context.Request.Headers["traceparent"].FirstOrDefault()));
                context.Request.Body.Position = 0;
            }

            await answers(context);
        });
        var probes = _temp.File("probes.yaml");
        await WriteAsync(probes, watched.Url, "traced", "quiet");
        await using var server = await ServerProcess.ListenAsync(
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Url,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
                ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test",
            },
            "--probes", probes, "--data", _temp.File("data"));

        await Eventually.TrueAsync(() => Points(receiver, "mcpprobe.probe.success").Contains("traced") && Points(receiver, "mcpprobe.probe.phase.duration").Contains("traced"),
            "metrics arrive", Patience);
        Assert.Equal(("mcpprobe", "test"), (receiver.Resource["service.name"], receiver.Resource["deployment.environment.name"]));

        // Of one probe: the handshake, the notification, the catalogue, all below the probe's own span.
        // A busy machine may take longer than a probe's second now and then.
        await Eventually.TrueAsync(() => receiver.Spans.Any(IsListOfAHealthyProbe), "spans arrive", Patience);
        var list = receiver.Spans.First(IsListOfAHealthyProbe);
        var probe = receiver.Spans.Single(span => span.SpanId == list.ParentId);
        Assert.Equal(("probe", 1, 3, probe.TraceId), (probe.Name, probe.Kind, list.Kind, list.TraceId));
        Assert.Equal("healthy", probe.Attributes["mcpprobe.verdict"]);
        Assert.Equal("tools/list", list.Attributes["mcp.method.name"]);
        Assert.Equal("2025-11-25", list.Attributes["mcp.protocol.version"]);
        Assert.Equal(("127.0.0.1", new Uri(watched.Url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture)), (list.Attributes["server.address"], list.Attributes["server.port"]));
        Assert.Contains(receiver.Spans, span => span is { Name: "server/discover", Kind: 3 } && span.Attributes.ContainsKey("error.type"));

        // The trace goes with the endpoint that asks for it, in _meta alone.
        Assert.All(sent, message => Assert.Null(message.Header));
        var traced = sent.Where(message => message.Parent is not null).ToList();
        Assert.Contains(traced, message => message.Method == "notifications/initialized");
        Assert.Contains(sent, message => message is { Method: "tools/list", Parent: null });
        var parent = traced.First(message => message.Method == "tools/list").Parent!.Split('-');
        await Eventually.TrueAsync(() => receiver.Spans.Any(span => (span.TraceId, span.SpanId) == (parent[1], parent[2]) && span.Name == "tools/list"), "the span that the server was told", Patience);

        bool IsListOfAHealthyProbe(OtlpReceiver.Span span) => span.Name == "tools/list"
            && receiver.Spans.Any(other => other.SpanId == span.ParentId && other.Attributes.GetValueOrDefault("mcpprobe.verdict") == "healthy");

        // Gone, not frozen.
        await WriteAsync(probes, watched.Url, "quiet");
        using var reload = await server.SendAsync(HttpMethod.Post, "/api/reload");
        Assert.Equal(HttpStatusCode.OK, reload.StatusCode);
        await Eventually.TrueAsync(() => !Points(receiver, "mcpprobe.probe.success").Contains("traced") && !Points(receiver, "mcpprobe.probe.phase.duration").Contains("traced")
            && Points(receiver, "mcpprobe.probe.success").Contains("quiet"), "an archived endpoint is in no export any more", Patience);
    }

    /// <summary>The endpoints in the newest export of a metric.</summary>
    private static IReadOnlyList<string> Points(OtlpReceiver receiver, string name) =>
        [.. (receiver.Metrics.LastOrDefault() ?? []).Where(metric => metric.Name == name).SelectMany(metric => metric.Points)
            .Select(point => point.GetValueOrDefault("endpoint", ""))];

    private static Task WriteAsync(string file, string url, params string[] ids) => File.WriteAllTextAsync(
        file, "endpoints:\n" + string.Concat(ids.Select(id => $"  - {{ id: {id}, url: \"{url}/mcp\", interval: 1s, timeout: 1s, traceContext: {(id == "traced" ? "true" : "false")} }}\n")),
        TestContext.Current.CancellationToken);
}
