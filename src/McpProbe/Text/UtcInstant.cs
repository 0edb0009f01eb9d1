using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpProbe.Text;

/// <summary>Instants as the contracts spell them: RFC 3339 in UTC with <c>Z</c>, and no more decimals than there are.</summary>
public sealed class UtcInstant : JsonConverter<DateTimeOffset>
{
    public static string Format(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset().ToUniversalTime();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Format(value));
}
