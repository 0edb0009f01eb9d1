using System.Buffers;
using System.Text.Json;

namespace McpProbe.Functions.Scheduling;

/// <summary>One queue message: probes that are due together.</summary>
/// <param name="VisibleAt">
/// When a worker may have it: at its last slot, since a worker that waits is paid for; sooner when one of its probes cannot wait
/// so long, because half of its interval would be over.
/// </param>
/// <param name="Body">UTF-8 JSON, read by <see cref="ProbeMessage.Read"/>.</param>
public sealed record ProbeBatch(DateTimeOffset VisibleAt, int Probes, ReadOnlyMemory<byte> Body)
{
    /// <summary>A queue takes 64 KiB; this leaves room for what an older or a foreign client would add by encoding it.</summary>
    public const int MostBytes = (48 << 10) - 1;

    /// <summary>
    /// The slots of one message lie within this, so no probe is later than this for the sake of its neighbours.
    /// </summary>
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(6);

    /// <summary>
    /// Packs what is due at a location. Within a span of time, neighbours by shard and id travel together, so that one short range
    /// query a shard reads the state of a whole message: a small fleet fills a message from all of its shards, a large one fills
    /// many from each. The slots themselves spread the messages: an endpoint's phase is a hash of its id. What is gathered has
    /// messages of its own.
    /// </summary>
    /// <param name="isAgain">Some of it may have been sent before.</param>
    /// <returns>
    /// The messages, and the endpoints whose definition alone is too large for one: their slots travel without it, and say so.
    /// </returns>
    public static (IReadOnlyList<ProbeBatch> Batches, IReadOnlyCollection<string> TooLarge) Pack(
        IEnumerable<ScheduledProbe> due, string location, int probesPerMessage, bool isAgain = false)
    {
        var batches = new List<ProbeBatch>();
        var tooLarge = new HashSet<string>();
        var empty = new Writing(location, isAgain);
        foreach (var together in due.GroupBy(probe => (probe.Gathered, Span: probe.Gathered is null ? (probe.Slot.UtcTicks - 1) / Span.Ticks : 0)))
        {
            var open = new Writing(location, isAgain);
            foreach (var probe in together
                .OrderBy(probe => probe.Shard).ThenBy(probe => probe.Endpoint.Id, StringComparer.Ordinal).ThenBy(probe => probe.Slot))
            {
                var json = ProbeMessage.Write(probe);
                if (!empty.Fits(json))
                {
                    tooLarge.Add(probe.Endpoint.Id);
                    json = WriteTooLarge(probe, empty);
                }

                if (open.Probes == probesPerMessage || !open.Fits(json))
                {
                    batches.Add(open.Close());
                    open = new Writing(location, isAgain);
                }

                open.Add(probe, json);
            }

            if (open.Probes > 0)
                batches.Add(open.Close());
        }

        return ([.. batches.OrderBy(batch => batch.VisibleAt)], tooLarge);
    }

    /// <summary>Without what makes it large; who hears of it may be that too.</summary>
    private static byte[] WriteTooLarge(ScheduledProbe probe, Writing empty)
    {
        var told = probe with
        {
            Endpoint = probe.Endpoint.WithoutTarget(),
            Unprobed = $"The definition of this endpoint is larger than a queue message ({MostBytes} bytes), so it is not probed. Shorten its headers, tool lists or name.",
        };
        var json = ProbeMessage.Write(told);
        return empty.Fits(json)
            ? json
            : ProbeMessage.Write(told with { Endpoint = new() { Id = probe.Endpoint.Id, Interval = probe.Endpoint.Interval, FromApi = probe.Endpoint.FromApi } });
    }

    /// <summary>A message that is being filled.</summary>
    private sealed class Writing
    {
        private static readonly byte[] Tail = "]}"u8.ToArray();

        private readonly ArrayBufferWriter<byte> _body = new(4096);
        private DateTimeOffset _lastSlot = DateTimeOffset.MinValue;
        private DateTimeOffset _patience = DateTimeOffset.MaxValue;

        internal Writing(string location, bool isAgain)
        {
            _body.Write("{\"location\":"u8);
            _body.Write(JsonSerializer.SerializeToUtf8Bytes(location, MessageJson.Default.String));
            _body.Write(isAgain ? ",\"repeat\":true,\"probes\":["u8 : ",\"probes\":["u8);
        }

        internal int Probes { get; private set; }

        internal bool Fits(ReadOnlySpan<byte> json) => _body.WrittenCount + 1 + json.Length + Tail.Length <= MostBytes;

        internal void Add(ScheduledProbe probe, ReadOnlySpan<byte> json)
        {
            if (Probes > 0)
                _body.Write(","u8);
            _body.Write(json);
            Probes++;
            _lastSlot = Later(_lastSlot, probe.Gathered ?? probe.Slot);
            _patience = Earlier(_patience, probe.Gathered ?? probe.Slot + probe.Endpoint.Interval / 2);
        }

        internal ProbeBatch Close()
        {
            _body.Write(Tail);
            return new ProbeBatch(Earlier(_lastSlot, _patience), Probes, _body.WrittenMemory);
        }

        private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

        private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
    }
}
