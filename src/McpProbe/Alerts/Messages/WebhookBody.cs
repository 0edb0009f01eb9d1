using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Alerts.Messages;

/// <summary>The generic webhook's body (docs/schema/webhook.schema.json). It is the same bytes at every retry.</summary>
public static class WebhookBody
{
    /// <param name="pages">Where this McpProbe's pages are, for links; null leaves the links out.</param>
    public static ReadOnlyMemory<byte> Write(Transition transition, Uri? pages)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            var (incident, endpoint) = (transition.Incident, transition.Endpoint);
            json.WriteStartObject();
            // A test is an event of its own: a machine must not act on it.
            json.WriteString("type", SampleAlert.Is(transition) ? "alert.test" : $"incident.{WireNames.Of(transition.Type)}");
            json.WriteString("timestamp", UtcInstant.Format(transition.At));
            json.WriteStartObject("data");

            json.WriteStartObject("incident");
            json.WriteString("id", incident.Id);
            json.WriteString("kind", WireNames.Of(incident.Kind));
            json.WriteString("openedAt", UtcInstant.Format(incident.OpenedAt));
            if (incident.ResolvedAt is { } resolvedAt)
                json.WriteString("resolvedAt", UtcInstant.Format(resolvedAt));
            else
                json.WriteNull("resolvedAt");
            json.WriteString("rule", incident.Rule);
            json.WriteString("summary", incident.Summary);
            json.WriteEndObject();

            json.WriteStartObject("endpoint");
            json.WriteString("id", endpoint.Id);
            json.WriteString("name", endpoint.Name);
            json.WriteString("group", endpoint.Group);
            json.WriteString("url", endpoint.Url);
            json.WriteEndObject();

            json.WriteString("verdict", WireNames.Of(transition.Verdict));
            json.WritePropertyName("failure");
            JsonSerializer.Serialize(json, transition.Failure, WebhookJson.Default.Failure);
            json.WritePropertyName("changes");
            JsonSerializer.Serialize(json, transition.Changes, WebhookJson.Default.IReadOnlyListChange);

            json.WritePropertyName("findings");
            JsonSerializer.Serialize(json, transition.Findings, WebhookJson.Default.IReadOnlyListFinding);

            json.WriteStartObject("links");
            if (pages is not null)
                json.WriteString("endpoint", new Uri(pages, $"/endpoints/{endpoint.Id}").AbsoluteUri);
            json.WriteEndObject();

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}

/// <summary>What a body holds in the spelling of all of the engine's JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcInstant)])]
[JsonSerializable(typeof(Failure))]
[JsonSerializable(typeof(IReadOnlyList<Change>))]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
internal sealed partial class WebhookJson : JsonSerializerContext;
