using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Scheduling;

/// <summary>
/// What a queue message says: <c>{"location":…,"repeat":true,"probes":[{"slot":…,"generation":…,"endpoint":{…},"unprobed":…}]}</c>, an endpoint in
/// the shape of the probes file. The definition travels along, so that a worker reads no definitions, with its generation, so that it
/// is not taken for one that was put since. A message of a version before 3 has none: its definitions are older than any that has.
/// <c>unprobed</c> is why a slot cannot be probed: its endpoint then has no target.
/// </summary>
/// <param name="IsRepeat">Its probes may have been sent before, in another message: <c>repeat</c>, which is left out when false.</param>
public sealed record ProbeMessage(string Location, IReadOnlyList<RequestedProbe> Probes, bool IsRepeat = false)
{
    /// <exception cref="JsonException">It is no such message.</exception>
    public static ProbeMessage Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        try
        {
            var root = document.RootElement;
            return new ProbeMessage(
                root.GetProperty("location").GetString() ?? throw new JsonException("The location is null."),
                [.. root.GetProperty("probes").EnumerateArray().Select(ReadProbe)],
                root.TryGetProperty("repeat", out var repeat) && repeat.GetBoolean());
        }
        catch (Exception exception) when (exception is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new JsonException("The queue message is not one of probes: a location and a list of probes.", exception);
        }
    }

    internal static byte[] Write(ScheduledProbe probe)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("slot", probe.Slot);
            if (probe.Generation != 0)
                json.WriteNumber("generation", probe.Generation);
            json.WritePropertyName("endpoint");
            EndpointJson.Write(json, probe.Endpoint);
            if (!probe.Endpoint.FromApi)
                json.WriteBoolean("file", true);
            if (probe.Unprobed is not null)
                json.WriteString("unprobed", probe.Unprobed);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static RequestedProbe ReadProbe(JsonElement probe)
    {
        var definition = JsonSerializer.SerializeToUtf8Bytes(probe.GetProperty("endpoint"), MessageJson.Default.JsonElement);
        var (endpoint, unprobed) = probe.TryGetProperty("unprobed", out var why)
            ? (null, new Failure(FailureKind.Config, Phase: null, why.GetString() ?? throw new JsonException("A slot is not probed, and does not say why.")))
            : Read(definition);
        endpoint ??= EndpointJson.ReadWithoutTarget(
            definition, probe.GetProperty("endpoint").GetProperty("id").GetString() ?? throw new JsonException("An endpoint has no id."));
        return new RequestedProbe(
            endpoint with { FromApi = !probe.TryGetProperty("file", out var file) || !file.GetBoolean() }, probe.GetProperty("slot").GetDateTimeOffset())
        {
            Generation = probe.TryGetProperty("generation", out var generation) ? generation.GetInt64() : 0,
            Unprobed = unprobed,
        };

        static (Endpoint?, Failure?) Read(byte[] definition)
        {
            var (endpoint, mistakes) = EndpointJson.Read(definition, longestTimeout: AzureLimits.Timeout);
            return (endpoint, endpoint is null ? RegisteredEndpoint.NotValid(mistakes) : null);
        }
    }
}

/// <param name="Endpoint">Without a target when the definition does not validate (any more).</param>
public sealed record RequestedProbe(Endpoint Endpoint, DateTimeOffset Slot)
{
    /// <summary>Of the definition; 0 for one that was sent, or stored, before there were generations.</summary>
    public long Generation { get; init; }

    /// <summary>Why it cannot be probed; null for a probe.</summary>
    public Failure? Unprobed { get; init; }
}

[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class MessageJson : JsonSerializerContext;
