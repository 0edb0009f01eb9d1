using System.Text;
using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Testing;

/// <summary>Values to store, with every field set that a store could lose.</summary>
public static class StoreSamples
{
    public const string Location = "local";

    public static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, 123, TimeSpan.Zero);

    public static DateTimeOffset Slot(int number) => Start + number * TimeSpan.FromSeconds(60);

    public static Endpoint Endpoint(string id) => new() { Id = id, Url = new Uri($"https://example.com/{id}/mcp") };

    public static RegisteredEndpoint Registered(string id, EndpointSource source = EndpointSource.Api) => new(Endpoint(id), source);

    public static ProbeResult Healthy(double totalMs = 6.25) => new()
    {
        Target = "https://example.com/mcp",
        Verdict = Verdict.Healthy,
        Attempts = 2,
        Transport = TransportKind.HttpSse,
        Era = Era.Handshake,
        ProtocolVersion = "2025-11-25",
        SupportedVersions = ["2025-11-25", "2025-06-18"],
        Server = new ServerIdentity("Ünïcode \"server\" \u202e", null),
        Catalog = new CatalogSummary(13, 2, "sha256:a", "sha256:b", "sha256:c", "sha256:d", "sha256:e", 1),
        Findings = [new Finding(FindingLevel.Hard, "zero-width", "echo", "/description", "has U+200B")],
        Conditions = [new ConditionResult("tools-non-empty", true), new ConditionResult("require-tool", false, "no tool 'x'")],
        Timings = new Timings(0.1, 0.2, null, 3.1, 1.9, null, totalMs),
        Certificate = new CertificateInfo("CN=example.com", "CN=Test", Start.AddDays(30), 30),
        StartedAt = Start,
        Cold = true,
    };

    public static ProbeResult Down() => new()
    {
        Target = "https://example.com/mcp",
        Verdict = Verdict.Down,
        Failure = new Failure(FailureKind.HttpStatus, Phase.Handshake, "answered 503", 503, Start.AddSeconds(30)),
        Timings = new Timings(null, null, null, null, null, null, 1),
        StartedAt = Start,
    };

    public static ProbeRecord Record(int slot, ProbeResult? result = null) => new(Slot(slot), Location, result ?? Healthy());

    /// <summary>A state that differs from every other one made with another slot.</summary>
    public static EndpointState State(int slot) => new()
    {
        Locations = new Dictionary<string, LocationState> { [Location] = new(Slot(slot), Verdict.Down, slot, 0) },
        Verdict = Verdict.Down,
        Since = Slot(slot),
        OpenIncidents = [Incident("any", slot)],
        Baselines = new Dictionary<string, BaselineReference> { ["2025-11-25"] = new("sha256:a", Start, "somebody") },
        Catalogs = new Dictionary<string, SeenCatalog>
        {
            [Location] = new()
            {
                Settled = new("2025-11-25", "sha256:e"),
                Unsettled = new(new DriftCandidate("2025-11-25", "sha256:f", Slot(slot)), slot + 1, ["abc"])
                {
                    Several = true,
                    Places = ["echo '/description'"],
                    Told = ["abc"],
                    Suspicious = true,
                },
            },
        },
    };

    public static Incident Incident(string endpointId, int slot, int sequence = 1, DateTimeOffset? resolvedAt = null) => new(
        IncidentIds.Of(endpointId, IncidentKind.Outage, Slot(slot)), endpointId, IncidentKind.Outage,
        Slot(slot), resolvedAt, "failures-in-a-row", sequence, "answered 503");

    public static Transition Transition(string endpointId, int slot, int sequence = 1, params string[] channels) => new(
        IncidentIds.OfTransition(Incident(endpointId, slot).Id, sequence),
        sequence == 1 ? TransitionType.Opened : TransitionType.Resolved,
        Slot(slot), Incident(endpointId, slot, sequence), EndpointReference.To(Endpoint(endpointId)),
        Verdict.Down, Down().Failure, [Change()], channels);

    public static Change Change() => new(
        ChangeClass.Breaking, "input-required-added", "echo", "/inputSchema/required",
        Before: null, After: JsonElement.Parse("""["tenant"]"""), "tenant became required");

    public static DriftRecord Drift(string endpointId, int slot) =>
        new(endpointId, Slot(slot), "2025-11-25", "sha256:a", "sha256:f", [Change()]);

    public static ToolCatalog Catalog(string text) => new(
        Encoding.UTF8.GetBytes(text), new CatalogHashes("sha256:" + text.Length, "c", "t", "a", "s"), ["echo"], 1);

    public static Delivery Delivery(string incidentId, int sequence, string channel, DeliveryStatus status = DeliveryStatus.Pending) => new(
        IncidentIds.OfTransition(incidentId, sequence), incidentId, sequence, channel, status, 2, "answered 503",
        status is DeliveryStatus.Pending ? Slot(1) : null, Slot(0));
}
