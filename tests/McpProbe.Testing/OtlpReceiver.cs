using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Testing;

/// <summary>
/// Takes OTLP over HTTP in protobuf (opentelemetry-proto 1.x), and reads of it what tests ask for: the names of metrics with their
/// points, and spans.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private StubServer? _server;

    public string Url => _server!.Url;

    /// <summary>One entry an export: its metrics.</summary>
    public ConcurrentQueue<IReadOnlyList<Metric>> Metrics { get; } = [];

    public ConcurrentQueue<Span> Spans { get; } = [];

    /// <summary>What the exports' resources say of themselves.</summary>
    public ConcurrentDictionary<string, string> Resource { get; } = [];

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        receiver._server = await StubServer.StartAsync(receiver.TakeAsync);
        return receiver;
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var request = Message.Read(body.ToArray());
        // ExportMetricsServiceRequest and ExportTraceServiceRequest alike: resource (1), then scopes (2), of each the items (2).
        foreach (var attribute in request.All(1).SelectMany(resource => resource.All(1)).SelectMany(resource => resource.All(1)))
            Resource[attribute.Text(1)] = Value(attribute);
        var items = request.All(1).SelectMany(resource => resource.All(2)).SelectMany(scope => scope.All(2)).ToList();
        if (context.Request.Path == "/v1/metrics")
            Metrics.Enqueue([.. items.Select(ToMetric)]);
        else if (context.Request.Path == "/v1/traces")
            items.ForEach(item => Spans.Enqueue(ToSpan(item)));
        else
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "application/x-protobuf";
    }

    private static Metric ToMetric(Message metric) => new(
        metric.Text(1),
        // gauge (5), sum (7), histogram (9): of each the data points (1), with their attributes (7; 9 for a histogram).
        [.. metric.All(5).Concat(metric.All(7)).SelectMany(data => data.All(1)).Select(point => Attributes(point, 7)),
         .. metric.All(9).SelectMany(data => data.All(1)).Select(point => Attributes(point, 9))]);

    private static Span ToSpan(Message span) => new(
        Convert.ToHexStringLower(span.Bytes(1)), Convert.ToHexStringLower(span.Bytes(2)), Convert.ToHexStringLower(span.Bytes(4)),
        span.Text(5), (int)span.Number(6), Attributes(span, 9));

    private static Dictionary<string, string> Attributes(Message message, int field) =>
        message.All(field).ToDictionary(attribute => attribute.Text(1), Value, StringComparer.Ordinal);

    // AnyValue: string (1), bool (2), int (3).
    private static string Value(Message attribute)
    {
        var value = attribute.All(2).Single();
        return value.Has(1) ? value.Text(1) : value.Number(value.Has(2) ? 2 : 3).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <param name="Points">The attributes of each.</param>
    public sealed record Metric(string Name, IReadOnlyList<IReadOnlyDictionary<string, string>> Points);

    /// <param name="Kind">1 internal, 3 client.</param>
    public sealed record Span(string TraceId, string SpanId, string ParentId, string Name, int Kind, IReadOnlyDictionary<string, string> Attributes);

    /// <summary>A protobuf message without its schema: the values of each field.</summary>
    private sealed class Message
    {
        private readonly List<(int Field, byte[] Bytes, ulong Number)> _fields = [];

        public static Message Read(byte[] bytes)
        {
            var message = new Message();
            using var input = new CodedInputStream(bytes);
            while (input.ReadTag() is var tag && tag != 0)
            {
                var field = WireFormat.GetTagFieldNumber(tag);
                message._fields.Add(WireFormat.GetTagWireType(tag) switch
                {
                    WireFormat.WireType.LengthDelimited => (field, input.ReadBytes().ToByteArray(), 0),
                    WireFormat.WireType.Varint => (field, [], input.ReadUInt64()),
                    WireFormat.WireType.Fixed64 => (field, [], input.ReadFixed64()),
                    WireFormat.WireType.Fixed32 => (field, [], input.ReadFixed32()),
                    var other => throw new InvalidDataException($"wire type {other}"),
                });
            }

            return message;
        }

        public bool Has(int field) => _fields.Exists(each => each.Field == field);

        public IEnumerable<Message> All(int field) => _fields.Where(each => each.Field == field).Select(each => Read(each.Bytes));

        public byte[] Bytes(int field) => _fields.Find(each => each.Field == field).Bytes ?? [];

        public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

        public ulong Number(int field) => _fields.Find(each => each.Field == field).Number;
    }
}
