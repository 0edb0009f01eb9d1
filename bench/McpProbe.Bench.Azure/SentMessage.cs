using System.Text;
using System.Text.Json;

namespace McpProbe.Bench.Azure;

/// <summary>A queue message that the scheduler sent.</summary>
/// <param name="Bytes">Of its body.</param>
internal sealed record SentMessage(DateTimeOffset VisibleAt, IReadOnlyList<(int Endpoint, DateTimeOffset Slot)> Probes, int Bytes)
{
    /// <summary>Takes what the simulation needs: reading whole definitions, 100,000 times a minute, is for the worker.</summary>
    public static SentMessage Read(DateTimeOffset visibleAt, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        var json = new Utf8JsonReader(body);
        var probes = new List<(int, DateTimeOffset)>();
        var slot = default(DateTimeOffset);
        while (json.Read())
        {
            if (json.TokenType is not JsonTokenType.PropertyName)
                continue;
            if (json.CurrentDepth == 3 && json.ValueTextEquals("slot"))
            {
                json.Read();
                slot = json.GetDateTimeOffset();
            }
            else if (json.CurrentDepth == 4 && json.ValueTextEquals("id"))
            {
                json.Read();
                probes.Add((Fleet.NumberOf(json.GetString()!), slot));
            }
        }

        return new SentMessage(visibleAt, probes, body.Length);
    }
}
