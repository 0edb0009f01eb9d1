using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace McpProbe.Web.Tests;

/// <summary>The description of the API, and the API as described.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public async Task Document_IsTheOneInDocs()
    {
        await using var head = await WebHead.StartAsync();
        var text = await TextAsync(head);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            await File.WriteAllTextAsync(SourceTree.PathOf("docs/openapi.json"), text + "\n", TestContext.Current.CancellationToken);
        Assert.True(text + "\n" == await SourceTree.ReadAsync("docs/openapi.json"), "docs/openapi.json is not what the code says; run this test with UPDATE_DOCS=1 and look at the difference.");
    }

    /// <summary>Microsoft's own reader takes it for a flawless OpenAPI 3.1 document.</summary>
    [Fact]
    public async Task Document_IsOpenApi31()
    {
        await using var head = await WebHead.StartAsync();
        var text = await TextAsync(head);
        var read = OpenApiDocument.Parse(text, "json");
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        Assert.StartsWith("3.1", (string?)JsonNode.Parse(text)!["openapi"], StringComparison.Ordinal);
    }

    /// <summary>Every route of the API is described, whoever added it, and nothing else is.</summary>
    [Fact]
    public async Task Document_HasEveryRoute()
    {
        await using var head = await WebHead.StartAsync();
        var routed = head.Routes.Where(route => route.RoutePattern.RawText?.TrimStart('/').StartsWith("api/", StringComparison.Ordinal) is true)
            .SelectMany(route => (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Where(method => method != "HEAD")
                .Select(method => $"{method} /{route.RoutePattern.RawText!.TrimStart('/')}"))
            .Order(StringComparer.Ordinal).ToList();
        var operations = Operations(await DocumentAsync(head));
        Assert.Equal(routed, operations.Select(operation => $"{operation.Method} {operation.Path}").Order(StringComparer.Ordinal));
        // With words, an id of its own, and what a problem looks like.
        Assert.All(operations, operation => Assert.True(operation.Node["operationId"] is not null && operation.Node["summary"] is not null, $"{operation.Method} {operation.Path}: describe it in ApiOperations"));
        Assert.Equal(operations.Count, operations.Select(operation => (string?)operation.Node["operationId"]).Distinct().Count());
        Assert.All(operations, operation => Assert.NotNull(operation.Node["responses"]!["default"]));
    }

    /// <summary>The shapes are those of docs/schema: each as it is, but for where its references point.</summary>
    [Fact]
    public async Task Components_AreThePublishedSchemas()
    {
        await using var head = await WebHead.StartAsync();
        var components = (await DocumentAsync(head))["components"]!["schemas"]!.AsObject();
        var files = Directory.GetFiles(SourceTree.PathOf("docs/schema"), "*.schema.json").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(files.Select(file => Path.GetFileName(file).Replace(".schema.json", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal), components.Select(component => component.Key).Order(StringComparer.Ordinal));
        foreach (var file in files)
        {
            var published = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!.AsObject();
            var component = components[Path.GetFileName(file).Replace(".schema.json", "", StringComparison.Ordinal)]!.DeepClone().AsObject();
            published.Remove("$schema");
            published.Remove("$id");
            Assert.All(References(component), reference => Assert.True(Resolves(components, reference), $"{file}: {reference}"));
            Assert.True(JsonNode.DeepEquals(WithoutReferences(published), WithoutReferences(component)), file);
            using var served = await head.GetAsync("/schema/" + Path.GetFileName(file));
            Assert.Equal(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), await served.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    /// <summary>Every operation is called as it is described; the answer has a described status and the shape that belongs to it.</summary>
    [Fact]
    public async Task Operations_Called_AnswerAsDescribed()
    {
        var store = Samples.Evening();
        await using var watched = await StubServer.StartAsync(McpScript.Stateless("echo"));
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key, CheckUrls = CheckUrls.Any }, store);
        var document = await DocumentAsync(head);
        store.Put(new RegisteredEndpoint(new() { Id = "live", Url = new Uri(watched.Url) }, EndpointSource.Api));
        foreach (var hash in (string[])[Samples.BaselineHash, Samples.DriftedHash])
            store.AddCatalog(hash, """{"formula":1,"server":{"capabilities":{},"instructions":null,"name":"s"},"tools":[]}"""u8.ToArray());
        var outage = store.Incidents.Keys.First(id => id.StartsWith("payments_outage", StringComparison.Ordinal));
        var sent = new Dictionary<string, (string Path, string? Body, int Status)>
        {
            ["getHealth"] = ("/api/health", null, 200),
            ["getLive"] = ("/api/live", null, 200),
            ["getStatus"] = ("/api/status", null, 200),
            ["listEndpoints"] = ("/api/endpoints?limit=2", null, 200),
            ["getEndpoint"] = ("/api/endpoints/docs", null, 200),
            ["putEndpoint"] = ("/api/endpoints/made", Body("putEndpoint"), 201),
            ["getProbes"] = ("/api/probes", null, 200),
            ["putProbes"] = ("/api/probes?dryRun=true&allowEmpty=true", Body("putProbes"), 200),
            ["reloadProbes"] = ("/api/reload", "", 409),
            ["listResults"] = ("/api/endpoints/docs/results?limit=1", null, 200),
            ["listIncidentsOfEndpoint"] = ("/api/endpoints/payments/incidents", null, 200),
            ["listDrift"] = ("/api/endpoints/search/drift?limit=1", null, 200),
            ["getCatalog"] = ("/api/endpoints/search/catalog", null, 200),
            ["compareCatalogs"] = ("/api/endpoints/search/compare", null, 200),
            ["acceptBaseline"] = ("/api/endpoints/search/baseline", Body("acceptBaseline"), 200),
            ["setMaintenance"] = ("/api/endpoints/docs/maintenance", Body("setMaintenance"), 200),
            ["endMaintenance"] = ("/api/endpoints/docs/maintenance", null, 204),
            ["listIncidents"] = ("/api/incidents?state=open", null, 200),
            ["getIncident"] = ("/api/incidents/" + outage, null, 200),
            ["acknowledgeIncident"] = ($"/api/incidents/{outage}/acknowledge", Body("acknowledgeIncident"), 200),
            ["takeBackAcknowledgement"] = ($"/api/incidents/{outage}/acknowledge", null, 204),
            ["addNote"] = ($"/api/incidents/{outage}/notes", Body("addNote"), 201),
            ["listChannels"] = ("/api/channels", null, 200),
            ["testChannel"] = ("/api/channels/ops/test", "", 200),
            ["enableChannel"] = ("/api/channels/ops/enable", "", 204),
            ["listDeliveries"] = ("/api/deliveries?status=gave-up", null, 200),
            ["resendDelivery"] = ("/api/deliveries/none_outage_20261122T100000000Z_1/ops/resend", "", 404),
            ["check"] = ("/api/check", """{"id":"live"}""", 200),
            ["deleteEndpoint"] = ("/api/endpoints/made", null, 204),
            ["getSlaReport"] = ("/api/reports/sla?range=7d", null, 200),
            ["listAudit"] = ("/api/audit?limit=2", null, 200),
        };
        var operations = Operations(document).ToDictionary(operation => (string)operation.Node["operationId"]!);
        Assert.Superset(sent.Keys.ToHashSet(), operations.Keys.ToHashSet());
        foreach (var (id, (path, body, status)) in sent)
        {
            var (method, _, node) = operations[id];
            using var response = await head.SendAsync(
                new HttpMethod(method), path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), ("Authorization", "Bearer " + WebHead.Key));
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(status == (int)response.StatusCode, $"{id}: {response.StatusCode} {text}");
            await CheckAsync(document, node, response, id);
            if (id is "getHealth" or "getLive" or "getStatus")
                continue;
            using var keyless = await head.SendAsync(new HttpMethod(method), path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"));
            Assert.Equal(HttpStatusCode.Unauthorized, keyless.StatusCode);
            await CheckAsync(document, node, keyless, id);
        }

        // Ids that there are not, and queries that make no sense.
        foreach (var (id, operation) in operations)
        {
            var path = operation.Path.Replace("{id}", "no-such", StringComparison.Ordinal).Replace("{name}", "no-such", StringComparison.Ordinal)
                .Replace("{transitionId}", "no-such", StringComparison.Ordinal).Replace("{channel}", "no-such", StringComparison.Ordinal);
            using var response = await head.SendAsync(
                new HttpMethod(operation.Method), path + "?limit=0&before=x", operation.Node["requestBody"] is null ? null : new StringContent("{\"nonsense\":1}", Encoding.UTF8, "application/json"),
                ("Authorization", "Bearer " + WebHead.Key));
            Assert.True((int)response.StatusCode < 500, id);
            await CheckAsync(document, operation.Node, response, id);
        }

        string Body(string id) => Example(document, id);
    }

    [Fact]
    public async Task Examples_FitTheirSchemas()
    {
        await using var head = await WebHead.StartAsync();
        var document = await DocumentAsync(head);
        var problem = document["components"]!["responses"]!["problem"]!["content"]!["application/problem+json"]!["example"]!;
        await PublishedSchemas.AssertFitsAsync("problem", problem.ToJsonString());
        Assert.Equal("#/components/schemas/webhook", (string?)document["webhooks"]!["alert"]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!["$ref"]);
    }

    /// <summary>Without an application of its own, as the Functions head runs it, the description is the same.</summary>
    [Fact]
    public async Task Document_InABarePipeline_IsTheSame()
    {
        await using var app = await BarePipeline.StartAsync(new WebOptions { ApiKey = WebHead.Key });
        using var client = new HttpClient();
        var text = await client.GetStringAsync(new Uri(app.Url, "/openapi.json"), TestContext.Current.CancellationToken);
        Assert.Equal(await SourceTree.ReadAsync("docs/openapi.json"), text + "\n");
    }

    private static async Task CheckAsync(JsonObject document, JsonObject operation, HttpResponseMessage response, string id)
    {
        var status = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        var answers = operation["responses"]!.AsObject();
        Assert.True(answers.ContainsKey(status), $"{id} answers {status}, which is not described: {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        var answer = answers[status]!.AsObject();
        if ((string?)answer["$ref"] is { } reference)
            answer = document["components"]!["responses"]![reference.Split('/')[^1]]!.AsObject();
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (answer["content"] is not JsonObject content)
        {
            Assert.Equal("", text);
            return;
        }

        Assert.Contains(response.Content.Headers.ContentType!.MediaType!, content.Select(type => type.Key));
        if ((string?)content.First().Value!["schema"]!["$ref"] is { } schema)
            await PublishedSchemas.AssertFitsAsync(schema.Split('/')[^1], text);
        else
            JsonDocument.Parse(text).Dispose();
    }

    private static string Example(JsonObject document, string id)
    {
        var example = Operations(document).Single(operation => (string?)operation.Node["operationId"] == id).Node["requestBody"]!["content"]!.AsObject().Single().Value!["example"]!;
        return example is JsonValue text ? text.GetValue<string>() : example.ToJsonString();
    }

    private static List<(string Method, string Path, JsonObject Node)> Operations(JsonObject document) =>
        [.. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => (operation.Key.ToUpperInvariant(), path.Key, operation.Value!.AsObject())))];

    private static async Task<JsonObject> DocumentAsync(WebHead head) => JsonNode.Parse(await TextAsync(head))!.AsObject();

    private static async Task<string> TextAsync(WebHead head)
    {
        using var response = await head.GetAsync("/openapi.json");
        Assert.Equal((HttpStatusCode.OK, "application/json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static IEnumerable<string> References(JsonNode node) => node switch
    {
        JsonObject members => members.Where(member => member.Key == "$ref" && member.Value is JsonValue).Select(member => (string)member.Value!)
            .Concat(members.Where(member => member.Value is not null).SelectMany(member => References(member.Value!))),
        JsonArray items => items.OfType<JsonNode>().SelectMany(References),
        _ => [],
    };

    private static bool Resolves(JsonObject components, string reference)
    {
        const string prefix = "#/components/schemas/";
        return reference.StartsWith(prefix, StringComparison.Ordinal)
            && reference[prefix.Length..].Split('/').Aggregate((JsonNode?)components, (at, name) => at is JsonObject members ? members[name] : null) is not null;
    }

    private static JsonNode WithoutReferences(JsonNode node)
    {
        var copy = node.DeepClone();
        Clear(copy);
        return copy;

        static void Clear(JsonNode node)
        {
            if (node is JsonObject members)
            {
                if (members["$ref"] is JsonValue)
                    members["$ref"] = "";
                foreach (var member in members.Where(member => member.Value is not null).ToList())
                    Clear(member.Value!);
            }
            else if (node is JsonArray items)
            {
                foreach (var item in items.OfType<JsonNode>())
                    Clear(item);
            }
        }
    }
}
