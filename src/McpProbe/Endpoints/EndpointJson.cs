using System.Buffers;
using System.Text;
using System.Text.Json;

namespace McpProbe.Endpoints;

/// <summary>One endpoint as JSON, in the shape that it has in a probes file: for the API, for stores and for queue messages.</summary>
public static class EndpointJson
{
    /// <summary>Reads and validates.</summary>
    /// <param name="id">The id from the route; null to take it from the document. When both are there they must agree.</param>
    public static Parsed<Endpoint> Read(ReadOnlyMemory<byte> json, string? id = null)
    {
        var reader = new ConfigReader("body");
        Endpoint? endpoint = null;
        try
        {
            endpoint = new EndpointBinder(reader).Endpoint(JsonConfig.Read(json.Span), "", EndpointBinder.NoDefaults, id);
        }
        catch (ConfigSyntaxException mistake)
        {
            reader.Fail(mistake.At, "", mistake.Message);
        }

        return new Parsed<Endpoint>(reader.HasErrors ? null : endpoint, reader.Errors);
    }

    /// <summary>Writes what <see cref="Read"/> reads; values that are the default are left out.</summary>
    public static void Write(Utf8JsonWriter writer, Endpoint endpoint)
    {
        writer.WriteStartObject();
        writer.WriteString("id", endpoint.Id);
        if (endpoint.Name is not null) writer.WriteString("name", endpoint.Name);
        if (endpoint.Url is not null) writer.WriteString("url", endpoint.Url.OriginalString);
        if (endpoint.Command is not null) WriteList(writer, "command", endpoint.Command);
        if (endpoint.Transport != TransportChoice.Auto) writer.WriteString("transport", WireNames.Of(endpoint.Transport));
        if (endpoint.Protocol is not null) writer.WriteString("protocol", endpoint.Protocol);
        if (endpoint.Headers.Count > 0) WriteHeaders(writer, endpoint.Headers);
        if (endpoint.Bearer is not null) writer.WriteString("bearer", endpoint.Bearer);
        if (endpoint.ConnectTo is not null) writer.WriteString("connectTo", endpoint.ConnectTo);
        if (endpoint.Insecure) writer.WriteBoolean("insecure", true);
        if (endpoint.Interval != Endpoint.DefaultInterval) writer.WriteString("interval", Durations.Format(endpoint.Interval));
        if (endpoint.Timeout != Endpoint.DefaultTimeout) writer.WriteString("timeout", Durations.Format(endpoint.Timeout));
        WriteConditions(writer, endpoint.Conditions);
        if (endpoint.DriftPolicy != Default.DriftPolicy) writer.WriteString("driftPolicy", WireNames.Of(endpoint.DriftPolicy));
        if (endpoint.FailureThreshold != Default.FailureThreshold) writer.WriteNumber("failureThreshold", endpoint.FailureThreshold);
        if (endpoint.SuccessThreshold != Default.SuccessThreshold) writer.WriteNumber("successThreshold", endpoint.SuccessThreshold);
        if (endpoint.Channels.Count > 0) WriteList(writer, "channels", endpoint.Channels);
        if (endpoint.Group is not null) writer.WriteString("group", endpoint.Group);
        if (endpoint.Visibility != Default.Visibility) writer.WriteString("visibility", WireNames.Of(endpoint.Visibility));
        if (endpoint.Paused) writer.WriteBoolean("paused", true);
        writer.WriteEndObject();
    }

    public static string ToJson(Endpoint endpoint)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) Write(writer, endpoint);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static Endpoint Default => EndpointBinder.NoDefaults;

    private static void WriteHeaders(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> headers)
    {
        writer.WriteStartObject("headers");
        foreach (var (name, value) in headers) writer.WriteString(name, value);
        writer.WriteEndObject();
    }

    private static void WriteConditions(Utf8JsonWriter writer, Conditions conditions)
    {
        if (conditions is { AllowEmpty: false, RequireTools.Count: 0, ExpectProtocol: null }) return;
        writer.WriteStartObject("conditions");
        if (conditions.AllowEmpty) writer.WriteBoolean("allowEmpty", true);
        if (conditions.RequireTools.Count > 0) WriteList(writer, "requireTools", conditions.RequireTools);
        if (conditions.ExpectProtocol is not null) writer.WriteString("expectProtocol", conditions.ExpectProtocol);
        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<string> items)
    {
        writer.WriteStartArray(name);
        foreach (var item in items) writer.WriteStringValue(item);
        writer.WriteEndArray();
    }
}
