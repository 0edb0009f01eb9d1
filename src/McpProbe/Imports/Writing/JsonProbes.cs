using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Imports.Planning;

namespace McpProbe.Imports.Writing;

/// <summary>A probes file in JSON, with what an import changes; other values stay, white space does not.</summary>
internal static class JsonProbes
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    public static string Apply(string text, ImportPlan plan)
    {
        var root = (string.IsNullOrWhiteSpace(text) ? null : JsonNode.Parse(text.TrimStart('\uFEFF')) as JsonObject) ?? [];
        if (root["endpoints"] is not JsonArray endpoints)
            root["endpoints"] = endpoints = [];
        foreach (var (before, after) in plan.Changed)
        {
            for (var i = 0; i < endpoints.Count; i++)
            {
                if ((string?)endpoints[i]!["id"] == after.Id)
                    Change(endpoints[i]!.AsObject(), Of(before), Of(after));
            }
        }

        foreach (var endpoint in plan.Added)
            endpoints.Add((JsonNode)Of(endpoint));
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
            root.WriteTo(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    // Only what differs: the rest may be the file's defaults.
    private static void Change(JsonObject entry, JsonObject before, JsonObject after)
    {
        foreach (var key in before.Select(member => member.Key).Union(after.Select(member => member.Key)).ToList())
        {
            if (JsonNode.DeepEquals(before[key], after[key]))
                continue;
            if (after[key] is { } value)
                entry[key] = value.DeepClone();
            else if (key is "paused")
                entry[key] = false;
            else
                entry.Remove(key);
        }
    }

    private static JsonObject Of(Endpoint endpoint) => JsonNode.Parse(EndpointJson.ToJson(endpoint))!.AsObject();
}
