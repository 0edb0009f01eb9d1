using System.Text.Json;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Alerts.Messages;

/// <summary>
/// Events for PagerDuty's Events API v2. The key that makes repeats one alert there is the incident, so that reminders and
/// escalations add to it and the resolve ends it. https://developer.pagerduty.com/docs/send-alert-event
/// </summary>
internal static class PagerDutyEvent
{
    /// <summary>Where events go when a channel names no address (of the European region, for one).</summary>
    internal const string Address = "https://events.pagerduty.com/v2/enqueue";

    private const int LongestSummary = 1024;

    /// <summary>The event; of a test alert its resolve, too, so that nothing stays open.</summary>
    internal static IReadOnlyList<ReadOnlyMemory<byte>> Of(Transition transition, AlertMessage message, string routingKey)
    {
        IReadOnlyList<string> actions = transition switch
        {
            { Type: TransitionType.Resolved } => ["resolve"],
            { Type: TransitionType.Acknowledged } => ["acknowledge"],
            _ when SampleAlert.Is(transition) => ["trigger", "resolve"],
            _ => ["trigger"],
        };
        return [.. actions.Select(action => Write(action, transition, message, routingKey))];
    }

    private static ReadOnlyMemory<byte> Write(string action, Transition transition, AlertMessage message, string routingKey) => JsonBody.Write(json =>
    {
        json.WriteString("routing_key", routingKey);
        json.WriteString("event_action", action);
        json.WriteString("dedup_key", transition.Incident.Id);
        json.WriteString("client", "McpProbe");
        if (message.Link is { } link)
        {
            json.WriteString("client_url", link.Url.AbsoluteUri);
            json.WriteStartArray("links");
            json.WriteStartObject();
            json.WriteString("href", link.Url.AbsoluteUri);
            json.WriteString("text", link.Text);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        Payload(json, transition, message);
    });

    private static void Payload(Utf8JsonWriter json, Transition transition, AlertMessage message)
    {
        var endpoint = transition.Endpoint;
        json.WriteStartObject("payload");
        json.WriteString("summary", ForeignText.OneLine($"{message.Title}: {message.Text}", LongestSummary - 1));
        json.WriteString("source", ForeignText.OneLine(endpoint.Url, most: 255));
        // Ours are theirs. A resolve names what it ends, not the good news that it is.
        json.WriteString("severity", WireNames.Of(AlertWords.OfIncident(transition)));
        json.WriteString("timestamp", UtcInstant.Format(transition.At));
        json.WriteString("component", endpoint.Id);
        if (endpoint.Group is { } group)
            json.WriteString("group", ForeignText.OneLine(group, most: 255));
        json.WriteString("class", WireNames.Of(transition.Incident.Kind));

        json.WriteStartObject("custom_details");
        foreach (var fact in message.Facts)
            json.WriteString(fact.Name, fact.Value);
        if (message.Advice is { } advice)
            json.WriteString("What to do", advice);
        foreach (var section in message.Sections)
        {
            json.WriteStartArray(section.Heading);
            foreach (var bullet in section.Bullets)
                json.WriteStringValue(bullet);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
