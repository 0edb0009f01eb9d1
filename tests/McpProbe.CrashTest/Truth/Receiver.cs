using System.Security.Cryptography;
using System.Text;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.CrashTest.Truth;

/// <summary>A receiver of webhooks that never dies and forgets nothing, but answers as its plan of faults says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    /// <summary>The name of the channel that leads here.</summary>
    public const string Channel = "ops";

    /// <summary>The name of a channel that is read by people, at a path of the same name: several transitions may come in one message.</summary>
    public const string Chat = "chat";

    /// <summary>From a message's sending to its arrival here, and some more.</summary>
    public static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(150);

    private readonly Lock _lock = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly List<Arrival> _arrivals = [];
    private readonly List<Arrival> _gathered = [];
    private readonly Dictionary<string, int> _recorded = [];
    private readonly FaultPlan _faults;
    private StubServer _stub = null!;
    private int _number;

    private Receiver(FaultPlan faults) => _faults = faults;

    public string Url => _stub.Url;

    public string Secret => "whsec_" + Convert.ToBase64String(_key);

    /// <summary>A message has arrived, and is not answered yet.</summary>
    public event Action Arrived = () => { };

    public IReadOnlyList<Arrival> Arrivals
    {
        get
        {
            lock (_lock)
                return [.. _arrivals];
        }
    }

    /// <summary>What came for <see cref="Chat"/>; a body is the ids of its transitions, a line each.</summary>
    public IReadOnlyList<Arrival> Gathered
    {
        get
        {
            lock (_lock)
                return [.. _gathered];
        }
    }

    /// <summary>For each message that a store called delivered while its process was dead: the last number until then.</summary>
    public IReadOnlyDictionary<string, int> Recorded
    {
        get
        {
            lock (_lock)
                return new Dictionary<string, int>(_recorded);
        }
    }

    public static async Task<Receiver> StartAsync(FaultPlan faults)
    {
        var receiver = new Receiver(faults);
        receiver._stub = await StubServer.StartAsync(receiver.AnswerAsync);
        return receiver;
    }

    /// <summary>The process is dead, and its store says of these that they are delivered: nobody may send them again.</summary>
    public void IsRecorded(IEnumerable<string> ids)
    {
        lock (_lock)
        {
            foreach (var id in ids)
                _recorded.TryAdd(id, _number);
        }
    }

    /// <summary>How many different messages of an incident of this endpoint and kind were accepted, and are of this type.</summary>
    public int Accepted(string endpointId, string kind, string type) => Arrivals
        .Where(each => each.Accepted && each.Id.StartsWith($"{endpointId}_{kind}_", StringComparison.Ordinal)
            && each.Body!.StartsWith($$"""{"type":"incident.{{type}}",""", StringComparison.Ordinal))
        .DistinctBy(each => each.Id).Count();

    /// <summary>No more faults.</summary>
    public void BehaveFromNowOn()
    {
        lock (_lock)
            _faults.IsOver = true;
    }

    public ValueTask DisposeAsync() => _stub.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var id = headers["webhook-id"].ToString();
        ReceiverAnswer answer;
        lock (_lock)
            answer = _faults.Next(id);
        try
        {
            if (answer is ReceiverAnswer.ResetsBeforeReading)
            {
                Add(id, body: null, signed: true, answer, _arrivals);
                context.Abort();
                return;
            }
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            var signed = IsSigned(id, headers["webhook-timestamp"].ToString(), body, headers["webhook-signature"].ToString());
            var arrival = Add(id, body, signed, answer, context.Request.Path == $"/{Chat}" ? _gathered : _arrivals);
            Arrived();
            if (answer is ReceiverAnswer.AcceptsLate)
                await Task.Delay(Late, TimeProvider.System, CancellationToken.None);
            lock (_lock)
                arrival.Answered = ++_number;
            await GiveAsync(answer, context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The sender has died, or has waited long enough.
        }
    }

    private static async Task GiveAsync(ReceiverAnswer answer, HttpContext context)
    {
        switch (answer)
        {
            case ReceiverAnswer.Says500:
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                break;
            case ReceiverAnswer.Says429:
                context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                context.Response.Headers.RetryAfter = "1";
                break;
            case ReceiverAnswer.Hangs:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                break;
            case ReceiverAnswer.ResetsAfterReading:
                context.Abort();
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
        }
    }

    private Arrival Add(string id, string? body, bool signed, ReceiverAnswer answer, List<Arrival> arrivals)
    {
        lock (_lock)
        {
            var arrival = new Arrival(++_number, TimeProvider.System.GetUtcNow(), id, body, signed, answer);
            arrivals.Add(arrival);
            return arrival;
        }
    }

    // Standard Webhooks 1.0: "v1," and the base64 of HMAC-SHA256 over id, timestamp and body, joined by full stops.
    private bool IsSigned(string id, string timestamp, string body, string signature) =>
        signature == "v1," + Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")));
}
