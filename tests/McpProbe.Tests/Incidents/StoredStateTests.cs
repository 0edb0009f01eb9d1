using System.Text.Json;
using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents;

/// <summary>Rows that versions before this one have written are read, and judged on.</summary>
public class StoredStateTests
{
    private const string Incident =
        """{"id":"everything_outage_20261122T100000000Z","endpointId":"everything","kind":"outage","openedAt":"2026-11-22T10:00:00Z","resolvedAt":null,"rule":"failures-in-a-row","sequence":1,"summary":"answered 503"}""";

    private const string Drift =
        """{"id":"everything_drift_20261122T090000000Z","endpointId":"everything","kind":"drift","openedAt":"2026-11-22T09:00:00Z","resolvedAt":null,"rule":"catalog-changed-twice","sequence":1,"summary":"The catalogue changed."}""";

    private const string State =
        $$$"""{"locations":{"local":{"lastSlot":"2026-11-22T10:00:00Z","verdict":"down","failures":3,"successes":0}},"verdict":"down","since":"2026-11-22T09:58:00Z","openIncidents":[{{{Drift}}},{{{Incident}}}],"baselines":{"2025-11-25":{"hash":"sha256:a","at":"2026-11-01T00:00:00Z","acceptedBy":null}},"baselineProtocol":"2025-11-25","candidate":null,"drifted":{"protocolVersion":"2025-11-25","hash":"sha256:b","slot":"2026-11-22T09:00:00Z"}}""";

    [Fact]
    public void State_OfTheVersionBefore_GoesOn()
    {
        var watched = new Watched(Everything) { State = JsonSerializer.Deserialize(State, EngineJson.Default.EndpointState)! };
        Assert.Empty(watched.State.LastTransitions);

        // The drift was told; down and back; then the baseline is.
        watched.Expect("x b b.o b a a.d x x x!o");

        Assert.Equal(watched.Told.Count, watched.Told.Select(each => each.Id).Distinct().Count());
        Assert.Equal("everything_outage_20261122T100000000Z_2", watched.Told[0].Id);
        Assert.Equal(IncidentRules.BaselineReturned, watched.Told[1].Incident.Rule);
    }

    [Fact]
    public void Transition_OfTheVersionBefore_HasNoFindings()
    {
        var transition = JsonSerializer.Deserialize(
            $$"""{"id":"everything_outage_20261122T100000000Z_1","type":"opened","at":"2026-11-22T10:00:00Z","incident":{{Incident}},"endpoint":{"id":"everything","name":"everything","group":null,"url":"https://example.com/mcp"},"verdict":"down","failure":null,"changes":[],"channels":["ops"]}""",
            EngineJson.Default.Transition)!;

        Assert.Empty(transition.Findings);
        Assert.Null(transition.Incident.ToldAt);
        Assert.Equal(0, transition.Incident.Escalations);
    }

    [Fact]
    public void State_WithEverything_IsReadAsItWasWritten()
    {
        var at = Start.AddTicks(1234567);
        var state = new EndpointState
        {
            DueAt = at,
            Suspicion = new("2025-11-25", "sha256:a", "set"),
            Certificate = new(7, 1),
            Access = new(Gated: true, WithCredentials: false, 2, 1),
            Regression = new(at, 400, 20, 200, 200),
            Outages = new([at], Down: true, Untold: 3),
            Maintenance = new(at, at.AddHours(1), "Ann", "why"),
            LastTransitions = new Dictionary<IncidentKind, DateTimeOffset> { [IncidentKind.Gated] = at },
        };

        var read = Stored(state);

        Assert.Equal(JsonSerializer.Serialize(state, EngineJson.Default.EndpointState), JsonSerializer.Serialize(read, EngineJson.Default.EndpointState));
        Assert.Equal(at, read.LastTransitions[IncidentKind.Gated]);
        Assert.Equal(state.Maintenance, read.Maintenance);
        Assert.Equal(state.Regression, read.Regression);
        Assert.Equal([at], read.Outages!.Changes);
    }
}
