using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CsCheck;
using McpProbe.Endpoints;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Probing.Transports;
using McpProbe.Tests.Catalog.Json;

namespace McpProbe.Tests.Fuzzing;

/// <summary>The readers of what a server sends: any bytes have an outcome, which does not depend on how they arrive.</summary>
public sealed class WireFuzzTests : IDisposable
{
    private const int Id = 4;

    private static readonly string[] Messages =
    [
        """{"jsonrpc":"2.0","id":4,"result":{"tools":[{"name":"echo","inputSchema":{"type":"object"}}],"nextCursor":"a\u0062"}}""",
        """{"jsonrpc":"2.0","id":4,"error":{"code":-32022,"message":"no \ud83d","data":{"supported":["2025-11-25","x"]}}}""",
        """{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"?"}}""",
        """{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info"}}""",
        """{"jsonrpc":"2.0","id":4,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"n","version":"1"},"instructions":"i"}}""",
        """{"jsonrpc":"2.0","id":4,"result":{"supportedVersions":["2026-07-28"],"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"n","version":"1"}}}}""",
    ];

    private static readonly string[] EventStreams =
    [
        .. Messages.Select(message => $": hello\r\n\r\nevent: message\r\nid: 1\r\ndata: {message}\r\n\r\n"),
        $"event: other\ndata: x\n\ndata:\n\ndata: {Messages[3]}\n\nretry: 10\ndata: {Messages[0][..20]}\ndata: {Messages[0][20..]}\n\n",
        "event: endpoint\ndata: /message?session=1\n\ndata: " + Messages[0] + "\r\r",
    ];

    private readonly Deadline _deadline = new(TimeSpan.FromHours(1), TimeProvider.System, CancellationToken.None);
    private readonly ProbeRun _run;
    private readonly HttpConnection _connection;

    public WireFuzzTests()
    {
        _run = new ProbeRun(new Endpoint { Id = "fuzz", Url = new Uri("http://fuzz.test/mcp") }, new ProberOptions(), TimeProvider.System, _deadline);
        _connection = new HttpConnection(_run, new ConnectTarget("fuzz.test", 80), TlsMaterial.Default, insecure: false);
    }

    public void Dispose()
    {
        _connection.Dispose();
        _deadline.Dispose();
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/json")]
    public Task Read_AnyAnswerInAnyPieces_HasOneOutcome(string type) =>
        Gen.Select(Fuzz.Damaged(type == "application/json" ? Messages : EventStreams), Fuzz.Pieces, Fuzz.Pieces).SampleAsync(async (bytes, pieces, others) =>
            Assert.Equal(await ReadAsync(type, bytes, pieces), await ReadAsync(type, bytes, others)), time: Fuzz.Seconds);

    private async Task<string> ReadAsync(string type, byte[] bytes, int[] pieces)
    {
        using var response = new HttpResponseMessage { Content = new StreamContent(new PiecemealStream(bytes, pieces)) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        try
        {
            using var reply = await new ReplyReader(_connection, _run).ReadAsync(
                response, Id, new EventStreamPosition(), (_, _) => Task.CompletedTask, TestContext.Current.CancellationToken);
            return $"{reply.Refusal?.Kind} {reply.Error} {string.Join(',', reply.Error?.Supported ?? [])} {Convert.ToHexString(reply.Result.Span)}"
                .Replace(reply.Error?.Supported.ToString() ?? "\0", "", StringComparison.Ordinal);
        }
        catch (ProbeFailedException failed)
        {
            return $"{failed.Failure.Kind} {failed.Failure.Message}";
        }
    }

    [Fact]
    public void Read_AnyBytesAsWords_NeverThrows() => Fuzz.Damaged(Messages).Sample(bytes =>
    {
        var envelope = JsonRpcEnvelope.Read(bytes, Id, 256);
        if (envelope.Kind is EnvelopeKind.Result)
            ServerWords.Read(bytes.AsSpan(envelope.Result), 256);
    }, time: Fuzz.Seconds);

    /// <summary>The members that matter in any order, number and spelling, against what System.Text.Json makes of them.</summary>
    [Fact]
    public void Read_AnyMembers_AgreesWithAParser() => Gen.Select(
        Fuzz.OneOf("id", "result", "error", "method", "jsonrpc", "i\\u0064", "i\\ud83d", "result\\ud800", ""),
        Gen.OneOf(Fuzz.OneOf("4", "5", "\"4\"", "null", "4.0", "1e999", "{\"code\":-1,\"message\":\"m\"}", "{\"code\":-1,\"code\":-2}", "[]"), JsonGen.Value)).Array[0, 6].Sample(members =>
        {
            var json = Encoding.UTF8.GetBytes($"{{{string.Join(" ,", members.Select(member => $"\"{member.Item1}\" : {member.Item2}"))}}}");

            var envelope = JsonRpcEnvelope.Read(json, Id, 256);

            // A lone surrogate in a name is what the parser cannot read: there, its last member of each other name counts alike.
            var last = members.Where(member => !member.Item1.Contains("\\ud8", StringComparison.Ordinal))
                .GroupBy(member => member.Item1 == "i\\u0064" ? "id" : member.Item1)
                .ToDictionary(group => group.Key, group => JsonDocument.Parse(group.Last().Item2).RootElement);
            var isOurs = last.TryGetValue("id", out var id) && id.ValueKind is JsonValueKind.Number && id.TryGetDouble(out var number) && number == Id;
            var idIsNull = !last.ContainsKey("id") || id.ValueKind is JsonValueKind.Null;
            var isError = last.TryGetValue("error", out var error) && error.ValueKind is JsonValueKind.Object;
            var isValue = id.ValueKind is JsonValueKind.Number or JsonValueKind.String;
            var expected = last.ContainsKey("method") ? isValue ? EnvelopeKind.Request : EnvelopeKind.Other
                : isError ? isOurs || idIsNull ? EnvelopeKind.Error : EnvelopeKind.Other
                : last.ContainsKey("result") ? isOurs ? EnvelopeKind.Result : EnvelopeKind.Other
                : EnvelopeKind.NotJsonRpc;
            Assert.Equal(expected, envelope.Kind);
            if (expected is EnvelopeKind.Request)
                Assert.Equal(id.GetRawText(), Encoding.UTF8.GetString(json[envelope.Id]));
            if (expected is EnvelopeKind.Result)
                Assert.Equal(last["result"].GetRawText(), Encoding.UTF8.GetString(json[envelope.Result]));
            if (expected is EnvelopeKind.Error)
                Assert.Equal(error.TryGetProperty("code", out var code) && code.ValueKind is JsonValueKind.Number && code.TryGetInt64(out var value) ? value : 0, envelope.Error!.Code);
        }, time: Fuzz.Seconds);

    [Fact]
    public Task Lines_InAnyPieces_AreTheSame() => Gen.Select(Fuzz.Damaged("one\ntwo\n\n" + new string('x', 9000) + "\nlast", ""), Fuzz.Pieces).SampleAsync(async (bytes, pieces) =>
    {
        var reader = new LineReader(new PiecemealStream(bytes, [.. pieces, 5000]));
        var lines = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken) is { } line)
            lines.Add(Convert.ToHexString(line.Span));

        var hex = bytes.Length == 0 ? [] : Encoding.Latin1.GetString(bytes).Split('\n').Select(line => Convert.ToHexString(Encoding.Latin1.GetBytes(line))).ToList();
        if (hex.Count > 0 && hex[^1].Length == 0)
            hex.RemoveAt(hex.Count - 1);
        Assert.Equal(hex, lines);
    }, time: Fuzz.Seconds);

    [Fact]
    public void Refusal_AnyHeaders_IsAFailureFitForAMessage() => Gen.Select(
        Fuzz.OneOf(307, 401, 407, 429, 503),
        Fuzz.Damaged("120", "99999999999999999999", "Sun, 22 Nov 2026 11:00:00 GMT", "-1", "0.5"),
        Fuzz.Damaged("Bearer realm=\"mcp\", error=\"invalid_token\", resource_metadata=\"http://x.test/\"", "Basic", "Negotiate AAAA=="),
        Fuzz.Damaged("http://other.test/mcp?token=abc", "/login", "//other.test/x", "mailto:a@b.test", "http://[::1", "file:///etc/passwd", "http://xn--0.test/")).Sample((status, retryAfter, challenge, location) =>
        {
            using var response = new HttpResponseMessage((System.Net.HttpStatusCode)status);
            response.Headers.TryAddWithoutValidation("Retry-After", Encoding.UTF8.GetString(retryAfter));
            response.Headers.TryAddWithoutValidation("WWW-Authenticate", Encoding.UTF8.GetString(challenge));
            response.Headers.TryAddWithoutValidation("Location", Encoding.UTF8.GetString(location));

            var failure = HttpRefusal.ToFailure(response, _run);

            Assert.Equal(status, failure.HttpStatus);
            Assert.InRange(failure.Message.Length, 20, 400);
            Assert.DoesNotContain(failure.Message + failure.Challenge, char.IsControl);
            // Whatever the damage made a part of the path, is one.
            var text = Encoding.UTF8.GetString(location);
            if (text.IndexOfAny(['?', '#', ';']) is var end and >= 0 && !text[..end].Contains("token=abc", StringComparison.Ordinal))
                Assert.DoesNotContain("token=abc", failure.Message, StringComparison.Ordinal);
        }, time: Fuzz.Seconds);
}
