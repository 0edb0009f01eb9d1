using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace McpProbe.Alerts.Messages;

/// <summary>The JSON of a channel's message, with only what JSON demands escaped: vendors count the bytes.</summary>
internal static class JsonBody
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Writes the message, and shorter ones until it fits.</summary>
    /// <param name="fits">Whether the receiver takes it.</param>
    internal static ReadOnlyMemory<byte> WriteFitting(
        AlertMessage message, Func<AlertMessage, ReadOnlyMemory<byte>> write, Func<AlertMessage, ReadOnlyMemory<byte>, bool> fits)
    {
        var body = write(message);
        // Halved eight times, a message is its title and little else.
        for (var i = 0; i < 8 && !fits(message, body); i++)
        {
            message = message.Shorter();
            body = write(message);
        }

        return body;
    }
}
