using System.Text.Json;
using McpProbe.Configuration;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using Microsoft.Data.Sqlite;

namespace McpProbe.Server.Storage;

internal sealed partial class SqliteStore
{
    private readonly DefinitionCache _definitions = new();

    public Task<IReadOnlyList<RegisteredEndpoint>> ListEndpointsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RegisteredEndpoint>>(_reads.Read(session => session.Query(
            $"SELECT {Definition} FROM endpoints e ORDER BY id", Registered)));

    public Task<RegisteredEndpoint?> FindEndpointAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => session.QueryFirst(
            $"SELECT {Definition} FROM endpoints e WHERE id = $id", Registered, ("$id", id))));

    public async Task<bool> PutEndpointAsync(RegisteredEndpoint endpoint, CancellationToken cancellationToken)
    {
        var id = endpoint.Endpoint.Id;
        var definition = EndpointJson.ToJson(endpoint.Endpoint);
        var created = await _writes.RunAsync(
            session =>
            {
                session.Execute(
                    """
                    INSERT INTO endpoints (id, source, definition, watched_since, watched_until, number)
                    VALUES ($id, $source, $definition, $since, $until, (SELECT coalesce(max(number), 0) + 1 FROM endpoints))
                    ON CONFLICT (id) DO UPDATE SET source = excluded.source, definition = excluded.definition,
                        watched_since = excluded.watched_since, watched_until = excluded.watched_until
                    """,
                    ("$id", id), ("$source", WireNames.Of(endpoint.Source)), ("$definition", definition),
                    ("$since", endpoint.Watched.Since?.UtcTicks), ("$until", endpoint.Watched.Until?.UtcTicks));
                return session.Execute(
                    "INSERT INTO state (endpoint_id, version, state) VALUES ($id, $version, $state) ON CONFLICT DO NOTHING",
                    ("$id", id), ("$version", ++_lastVersion),
                    ("$state", JsonSerializer.Serialize(EndpointState.New, EngineJson.Default.EndpointState))) == 1;
            },
            cancellationToken);
        EndpointChanged(id);
        return created;
    }

    /// <summary>What <see cref="Registered"/> reads, of endpoints <c>e</c>.</summary>
    private const string Definition = "e.id, e.source, e.definition, e.watched_since, e.watched_until";

    private RegisteredEndpoint Registered(SqliteDataReader row)
    {
        var (id, source) = (row.GetString(0), row.GetString(1));
        return _definitions.Read(
            id,
            row.GetString(2),
            WireNames.TryParse<EndpointSource>(source, out var known)
                ? known
                : throw new InvalidDataException($"The stored source '{source}' of endpoint {id} is none."),
            new WatchedPeriod(InstantOrNull(row, 3), InstantOrNull(row, 4)));
    }

    private static DateTimeOffset? InstantOrNull(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : Instant(row.GetInt64(column));
}
