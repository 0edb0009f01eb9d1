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
            json.WriteString("openingRule", incident.OpeningRule);
            json.WriteString("since", UtcInstant.Format(incident.Since));
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
            {
                json.WriteString("endpoint", new Uri(pages, $"/endpoints/{endpoint.Id}").AbsoluteUri);
                if (!SampleAlert.Is(transition))
                    json.WriteString("incident", AlertMessage.AddressOf(incident, pages).AbsoluteUri);
            }

            json.WriteEndObject();

            // What every channel says of it.
            var message = AlertMessage.Of(Alert.Of(transition), pages);
            json.WriteString("severity", WireNames.Of(AlertWords.OfIncident(transition)));
            json.WriteString("title", message.Title);
            json.WriteString("summary", message.Text);
            json.WriteString("advice", message.Advice);
            json.WriteNumber("durationSeconds", Math.Max(0, Math.Floor((transition.At - incident.Since).TotalSeconds)));
            WriteFirstFailure(json, incident);
            WriteAcknowledgement(json, incident.AcknowledgementAt(transition.At));

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteAcknowledgement(Utf8JsonWriter json, Acknowledgement? stands)
    {
        if (stands is null)
        {
            json.WriteNull("acknowledgement");
            return;
        }

        json.WriteStartObject("acknowledgement");
        json.WriteString("by", stands.By);
        json.WriteString("at", UtcInstant.Format(stands.At));
        json.WriteString("until", UtcInstant.Format(stands.Until));
        json.WriteEndObject();
    }

    private static void WriteFirstFailure(Utf8JsonWriter json, Incident incident)
    {
        if ((incident.Opening?.Failure ?? incident.Failure) is not { } first)
        {
            json.WriteNull("firstFailure");
            return;
        }

        json.WriteStartObject("firstFailure");
        json.WriteString("at", UtcInstant.Format(incident.Since));
        json.WriteString("kind", WireNames.Of(first.Kind));
        json.WriteString("phase", first.Phase is { } phase ? WireNames.Of(phase) : null);
        json.WriteString("message", first.Message);
        if (first.HttpStatus is { } status)
            json.WriteNumber("httpStatus", status);
        else
            json.WriteNull("httpStatus");
        json.WriteEndObject();
    }
}

/// <summary>What a body holds in the spelling of all of the engine's JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcInstant)])]
[JsonSerializable(typeof(Failure))]
[JsonSerializable(typeof(IReadOnlyList<Change>))]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
internal sealed partial class WebhookJson : JsonSerializerContext;
