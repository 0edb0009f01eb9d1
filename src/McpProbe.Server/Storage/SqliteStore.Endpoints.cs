using System.Text.Json;
using McpProbe.Configuration;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Server.Storage;

internal sealed partial class SqliteStore
{
    private readonly DefinitionCache _definitions = new();

    public Task<IReadOnlyList<RegisteredEndpoint>> ListEndpointsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RegisteredEndpoint>>(_reads.Read(session => session.Query(
            "SELECT id, source, definition, since FROM endpoints ORDER BY id",
            row => Registered(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3)))));

    public Task<RegisteredEndpoint?> FindEndpointAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => session.QueryFirst(
            "SELECT id, source, definition, since FROM endpoints WHERE id = $id",
            row => Registered(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3)),
            ("$id", id))));

    public async Task<bool> PutEndpointAsync(RegisteredEndpoint endpoint, CancellationToken cancellationToken)
    {
        var id = endpoint.Endpoint.Id;
        var definition = EndpointJson.ToJson(endpoint.Endpoint);
        var now = _time.GetUtcNow();
        var created = await _writes.RunAsync(
            session =>
            {
                session.Execute(
                    """
                    INSERT INTO endpoints (id, source, definition, since) VALUES ($id, $source, $definition, $since)
                    ON CONFLICT (id) DO UPDATE SET source = excluded.source, definition = excluded.definition, since = excluded.since
                    """,
                    ("$id", id), ("$source", WireNames.Of(endpoint.Source)), ("$definition", definition), ("$since", now.UtcTicks));
                return session.Execute(
                    "INSERT INTO state (endpoint_id, version, state) VALUES ($id, $version, $state) ON CONFLICT DO NOTHING",
                    ("$id", id), ("$version", ++_lastVersion),
                    ("$state", JsonSerializer.Serialize(EndpointState.New, EngineJson.Default.EndpointState))) == 1;
            },
            cancellationToken, WriteKind.Durable);
        EndpointChanged(id);
        return created;
    }

    private RegisteredEndpoint Registered(string id, string source, string definition, long since) => _definitions.Read(
        id,
        definition,
        WireNames.TryParse<EndpointSource>(source, out var known)
            ? known
            : throw new InvalidDataException($"The stored source '{source}' of endpoint {id} is none.")) with
        { Since = since == 0 ? null : Instant(since) };
}
