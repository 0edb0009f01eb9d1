using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpProbe.Web.Api.Description;

/// <summary>Completes a generated description: what the code of a route does not say by its types.</summary>
internal static class ApiDescription
{
    internal static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    private const string Version = "1";

    internal static void Complete(JsonObject root)
    {
        root["info"] = new JsonObject
        {
            ["title"] = "McpProbe",
            ["version"] = Version,
            ["description"] = "What McpProbe watches, and what it found. docs/http-api.md says more.",
            ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
        };
        // Where it runs is the reader's to know.
        root.Remove("servers");
        root["tags"] = new JsonArray([.. ApiOperations.All.Values.Select(operation => operation.Tag).Distinct().Order(StringComparer.Ordinal).Select(tag => new JsonObject { ["name"] = tag })]);
        foreach (var (path, item) in root["paths"]!.AsObject().OrderBy(path => path.Key, StringComparer.Ordinal).ToList())
        {
            // The same without its body.
            item!.AsObject().Remove("head");
            foreach (var (method, operation) in item.AsObject().ToList())
            {
                if (ApiOperations.All.TryGetValue($"{method.ToUpperInvariant()} {path}", out var known))
                    Complete(operation!.AsObject(), known);
            }
        }

        root["components"] = new JsonObject
        {
            ["schemas"] = PublishedSchema.Components(),
            ["responses"] = new JsonObject
            {
                ["problem"] = new JsonObject
                {
                    ["description"] = "Problem details (RFC 9457): what happened, and what to do next.",
                    ["content"] = new JsonObject
                    {
                        [Problem.ContentType] = new JsonObject
                        {
                            ["schema"] = Ref("problem"),
                            ["example"] = JsonNode.Parse("""{"type":"about:blank","title":"Bad Request","status":400,"detail":"The endpoint is not valid, and nothing was changed. Each mistake is listed in 'errors'.","errors":[{"line":1,"column":8,"path":"url","message":"is not an absolute http or https URL"}]}"""),
                        },
                    },
                },
            },
            ["securitySchemes"] = new JsonObject
            {
                ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "MCPPROBE_API_KEY, or MCPPROBE_READ_KEY for what reads." },
                ["apiKey"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "X-Api-Key" },
            },
        };
        root["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject { ["apiKey"] = new JsonArray() });
        root["webhooks"] = new JsonObject
        {
            ["alert"] = new JsonObject
            {
                ["post"] = new JsonObject
                {
                    ["operationId"] = "alert",
                    ["summary"] = "What a channel of type webhook is sent; signed as Standard Webhooks says (headers webhook-id, webhook-timestamp, webhook-signature).",
                    ["requestBody"] = new JsonObject
                    {
                        ["required"] = true,
                        ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Ref("webhook") } },
                    },
                    ["responses"] = new JsonObject
                    {
                        ["2XX"] = new JsonObject { ["description"] = "Taken." },
                        ["410"] = new JsonObject { ["description"] = "Gone for good: the channel is disabled." },
                        ["default"] = new JsonObject { ["description"] = "Not taken: it is sent again later, under the same webhook-id." },
                    },
                    ["security"] = new JsonArray(),
                },
            },
        };
    }

    private static void Complete(JsonObject operation, ApiOperation known)
    {
        operation["operationId"] = known.Id;
        operation["summary"] = known.Summary;
        operation["tags"] = new JsonArray(known.Tag);
        operation["parameters"] = new JsonArray([.. Parameters(operation, known)]);
        if (known.Body is var (schema, example))
        {
            operation["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = new JsonObject
                {
                    [known.BodyType] = new JsonObject { ["schema"] = Ref(schema), ["example"] = known.Example ?? JsonValue.Create(example) },
                },
            };
        }

        var answers = new JsonObject();
        foreach (var (status, name) in known.Answers)
        {
            var answer = new JsonObject { ["description"] = Reason(status) };
            if (known.HasVersion)
                answer["headers"] = new JsonObject { ["ETag"] = new JsonObject { ["description"] = "The version of the definition, for If-Match.", ["schema"] = new JsonObject { ["type"] = "string" } } };
            if (name is not null)
                answer["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = name.Length > 0 ? Ref(name) : new JsonObject() } };
            answers[Text(status)] = answer;
        }

        if (known.Id == "check")
            answers["503"] = new JsonObject { ["description"] = "With strict=true: it is not healthy.", ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Ref("result") } } };
        foreach (var status in known.Problems.Concat(known.IsOpen ? [] : [401]).Distinct().Order())
            answers[Text(status)] = new JsonObject { ["$ref"] = "#/components/responses/problem" };
        answers["default"] = new JsonObject { ["$ref"] = "#/components/responses/problem" };
        operation["responses"] = answers;
        if (known.IsOpen)
            operation["security"] = new JsonArray(new JsonObject(), new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject { ["apiKey"] = new JsonArray() });
    }

    private static IEnumerable<JsonNode> Parameters(JsonObject operation, ApiOperation known)
    {
        foreach (var ofPath in (operation["parameters"]?.AsArray() ?? []).Where(parameter => (string?)parameter!["in"] == "path").ToList())
            yield return ofPath!.DeepClone();
        foreach (var (name, schema, means) in known.Query)
            yield return new JsonObject { ["name"] = name, ["in"] = "query", ["description"] = means, ["schema"] = JsonNode.Parse(schema) };
        if (known is { HasVersion: true, Body: not null })
        {
            yield return Header("If-Match", "The ETag that was read, or * for one that is there: 412 when it is another one by now.");
            if (known.Id == "putEndpoint")
                yield return Header("If-None-Match", "* creates, and replaces nothing: 412 when there is one.");
        }
    }

    private static JsonObject Header(string name, string means) =>
        new() { ["name"] = name, ["in"] = "header", ["description"] = means, ["schema"] = new JsonObject { ["type"] = "string" } };

    private static JsonObject Ref(string schema) => new() { ["$ref"] = PublishedSchema.Reference(schema) };

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);

    private static string Reason(int status) => status switch { 201 => "Created.", 202 => "It is on its way.", 204 => "Done.", _ => "What was asked for." };
}
