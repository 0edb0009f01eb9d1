using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Web.Api.Description;

/// <summary>Every operation of the API, by method and path. A test holds it against the routes.</summary>
internal static class ApiOperations
{
    private const string Flag = """{"type":"boolean","default":false}""";
    private const string Text = """{"type":"string"}""";
    private static readonly (string, string, string) Limit = ("limit", """{"type":"integer","minimum":1,"maximum":1000,"default":100}""", "At most so many.");
    private static readonly (string, string, string) After = ("after", Text, "'next' of the page before.");
    private static readonly (string, string, string) Before = ("before", Text, "'next' of the page before, or an instant.");

    internal static readonly IReadOnlyDictionary<string, ApiOperation> All = new Dictionary<string, ApiOperation>
    {
        ["GET /api/health"] = new("getHealth", "McpProbe", "Whether McpProbe can do its work; 503 with the reasons when it cannot.", Ok("health")) { IsOpen = true, Problems = [503] },
        ["GET /api/live"] = new("getLive", "McpProbe", "Answers as long as the process does.", Ok("health")) { IsOpen = true },
        ["GET /api/status"] = new("getStatus", "Endpoints", "The overall verdict, counts, and each endpoint in brief; without a key the public ones.", Ok("status")) { IsOpen = true, Query = [After, Limit], Problems = [400] },
        ["GET /api/endpoints"] = new("listEndpoints", "Endpoints", "Definitions with owner and state, by id.", Ok("endpoints"))
        {
            Query = [After, Limit, ("archived", Flag, "Those that left the probes file instead.")],
            Problems = [400],
        },
        ["GET /api/endpoints/{id}"] = new("getEndpoint", "Endpoints", "One definition with owner and state.", Ok("endpoint")) { Problems = [404], HasVersion = true },
        ["PUT /api/endpoints/{id}"] = new("putEndpoint", "Endpoints", "Creates or replaces a definition.", new Dictionary<int, string?> { [200] = "endpoint", [201] = "endpoint" })
        {
            Body = ("requests#/$defs/definition", """{"url":"https://mcp.example.com/mcp","interval":"60s","group":"shop"}"""),
            Problems = [400, 409, 412, 413],
            HasVersion = true,
        },
        ["DELETE /api/endpoints/{id}"] = new("deleteEndpoint", "Endpoints", "Deletes an endpoint; its open incidents are closed.", Status(204)) { Problems = [404, 409] },
        ["GET /api/probes"] = new("getProbes", "Probes file", "The definitions as a probes file, without channels.", Ok("probes")) { HasVersion = true },
        ["PUT /api/probes"] = new("putProbes", "Probes file", "Makes a probes file (YAML or JSON) what is watched by the API: all of it or nothing. What is not in it is archived.", Ok("applied"))
        {
            Query = [("dryRun", Flag, "Say what it would change, and change nothing."), ("allowEmpty", Flag, "Let it take away every endpoint that is watched now.")],
            Body = ("probes", "endpoints:\n  - id: search\n    url: https://mcp.example.com/mcp\n"),
            BodyType = "application/yaml",
            Problems = [400, 409, 412, 413],
            HasVersion = true,
        },
        ["POST /api/reload"] = new("reloadProbes", "Probes file", "Reads the head's own probes file again.", Ok("reload"))
        {
            Query = [("allowEmpty", Flag, "Let it take away every endpoint that it had.")],
            Problems = [400, 409],
        },
        ["GET /api/endpoints/{id}/results"] = new("listResults", "History", "Results, newest first.", Ok("results")) { Query = [Before, Limit], Problems = [400, 404] },
        ["GET /api/endpoints/{id}/incidents"] = new("listIncidentsOfEndpoint", "History", "Incidents of an endpoint with their deliveries, newest first.", Ok("incidents")) { Query = [Before, Limit], Problems = [400, 404] },
        ["GET /api/endpoints/{id}/drift"] = new("listDrift", "History", "Confirmed changes of the catalogue, newest first.", Ok("drift")) { Query = [Before, Limit], Problems = [400, 404] },
        ["GET /api/endpoints/{id}/catalog"] = new("getCatalog", "History", "The baseline's catalogue in canonical JSON.", Ok(null)) { Query = [("protocol", Text, "The protocol version whose baseline is meant.")], Problems = [404] },
        ["GET /api/endpoints/{id}/sessions"] = new("listSessions", "History", "The sessions that the canary holds and held: how long they lived, and how they ended.", Ok("sessions")) { Problems = [404] },
        ["GET /api/endpoints/{id}/tokens"] = new("listTokens", "History", "What a model reads of the catalogue, and how that changed with it.", Ok("tokens")) { Problems = [404] },
        ["GET /api/endpoints/{id}/compare"] = new("compareCatalogs", "History", "What changed between two points in time.", Ok("comparison"))
        {
            Query = [("from", Text, "An instant or a catalogue's hash; the baseline when it is left out."), ("to", Text, "The same; now when it is left out.")],
            Problems = [400, 404],
        },
        ["POST /api/endpoints/{id}/baseline"] = new("acceptBaseline", "Endpoints", "Accepts the catalogue that the endpoint has now.", Ok("baseline"))
        {
            Body = ("requests#/$defs/baseline", """{"by":"Ann"}"""),
            Problems = [400, 404, 409],
        },
        ["POST /api/endpoints/{id}/maintenance"] = new("setMaintenance", "Endpoints", "Begins, or plans, a time without alerts.", Ok("maintenance"))
        {
            Body = ("requests#/$defs/maintenance", """{"duration":"2h","by":"Ann","reason":"moving the database"}"""),
            Problems = [400, 404],
        },
        ["DELETE /api/endpoints/{id}/maintenance"] = new("endMaintenance", "Endpoints", "Ends it, or calls it off.", Status(204)) { Problems = [404, 409] },
        ["GET /api/incidents"] = new("listIncidents", "Incidents", "Incidents of all endpoints, newest first.", Ok("incident-list"))
        {
            Query =
            [
                ("state", """{"enum":["open","resolved"]}""", "Only those."),
                ("kind", $$"""{"enum":["{{string.Join("\",\"", WireNames.All<IncidentKind>())}}"]}""", "Only those."),
                ("endpoint", Text, "Those of one endpoint."), Before, Limit,
            ],
            Problems = [400],
        },
        ["GET /api/incidents/{id}"] = new("getIncident", "Incidents", "One incident with its deliveries.", Ok("incident-detail")) { Problems = [404] },
        ["POST /api/incidents/{id}/acknowledge"] = new("acknowledgeIncident", "Incidents", "Takes an open one on: no reminders, no escalation.", Ok("incident-detail"))
        {
            Body = ("requests#/$defs/acknowledge", """{"by":"Ann","duration":"2h"}"""),
            Problems = [400, 404, 409],
        },
        ["DELETE /api/incidents/{id}/acknowledge"] = new("takeBackAcknowledgement", "Incidents", "Gives it back.", Status(204)) { Problems = [404, 409] },
        ["POST /api/incidents/{id}/notes"] = new("addNote", "Incidents", "Writes about one, open or resolved.", new Dictionary<int, string?> { [201] = "incident-detail" })
        {
            Body = ("requests#/$defs/note", """{"by":"Ann","text":"The disk was full. Emptied it."}"""),
            Problems = [400, 404, 409],
        },
        ["GET /api/channels"] = new("listChannels", "Alerts", "Where alerts go, and how each channel does.", Ok("channels")),
        ["POST /api/channels/{name}/test"] = new("testChannel", "Alerts", "Sends a sample at once.", Ok("channel-test")) { Problems = [404, 502] },
        ["POST /api/channels/{name}/enable"] = new("enableChannel", "Alerts", "Enables a channel whose receiver had said that it is gone.", Status(204)) { Problems = [404] },
        ["GET /api/deliveries"] = new("listDeliveries", "Alerts", "Alerts that were given up, newest first.", Ok("deliveries"))
        {
            Query = [("status", """{"const":"gave-up"}""", "The only ones that are listed."), Before, Limit],
            Problems = [400],
        },
        ["POST /api/deliveries/{transitionId}/{channel}/resend"] = new("resendDelivery", "Alerts", "Sends one of them again.", Status(202)) { Problems = [404, 409] },
        ["POST /api/check"] = new("check", "Endpoints", "One probe now; nothing is recorded.", Ok("result"))
        {
            Query = [("strict", Flag, "Answer 503, with the result, unless it is healthy.")],
            Body = ("requests#/$defs/check", """{"id":"search"}"""),
            Problems = [400, 403, 404, 409, 413, 429],
        },
        ["GET /api/reports/sla"] = new("getSlaReport", "History", "Uptime, outages, error budgets and latency over any range; as JSON, CSV or HTML.", Ok("sla-report"))
        {
            Query =
            [
                ("range", Text, "Such as 30d, 2026-10, 2026-Q4, this-month or last-month."), ("from", Text, "In place of it: a day, a time in the zone, or an instant."),
                ("to", Text, "The last day, or the end; now when it is left out."), ("zone", Text, "An IANA name; UTC when it is left out."),
                ("endpoint", Text, "Can be given several times."), ("group", Text, "Can be given several times."),
                ("format", """{"enum":["json","csv","html"],"default":"json"}""", "Its form."),
            ],
            Problems = [400],
        },
        ["GET /api/audit"] = new("listAudit", "McpProbe", "Who changed what, newest first; for administrators.", Ok("audit")) { Query = [After, Limit], Problems = [400] },
    };

    private static Dictionary<int, string?> Ok(string? schema) => new() { [200] = schema ?? "" };

    private static Dictionary<int, string?> Status(int status) => new() { [status] = null };
}
