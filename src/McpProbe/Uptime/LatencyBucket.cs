using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpProbe.Uptime;

/// <summary>How many values a bucket of <see cref="LatencyHistogram.Buckets"/> holds.</summary>
public readonly record struct LatencyBucket(int Number, long Count);

/// <summary>An object with a property a bucket: <c>{"40":3}</c>.</summary>
internal sealed class LatencyBucketsConverter : JsonConverter<IReadOnlyList<LatencyBucket>>
{
    public override IReadOnlyList<LatencyBucket> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var buckets = new SortedDictionary<int, long>();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (!int.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || !reader.Read())
                throw new JsonException("A bucket has no number.");
            buckets[number] = reader.GetInt64();
        }

        return [.. buckets.Select(each => new LatencyBucket(each.Key, each.Value))];
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<LatencyBucket> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (number, count) in value)
            writer.WriteNumber(number.ToString(CultureInfo.InvariantCulture), count);
        writer.WriteEndObject();
    }
}
