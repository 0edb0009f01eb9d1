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

    /// <inheritdoc cref="DefinitionCache.Expected"/>
    public IReadOnlyDictionary<string, Endpoint>? Expected
    {
        set => _definitions.Expected = value;
    }

    public async Task<IReadOnlyList<RegisteredEndpoint>> ListEndpointsAsync(CancellationToken cancellationToken) =>
        [.. (await ReadOverviewAsync(cancellationToken)).Select(each => each.Registered)];

    public Task<RegisteredEndpoint?> FindEndpointAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(_live.Find(id)?.Registered ?? _reads.Read(session => session.QueryFirst(
            $"SELECT {Definition} FROM endpoints e WHERE id = $id", Registered, ("$id", id))));

    public async Task<EndpointPut> PutEndpointAsync(RegisteredEndpoint endpoint, CancellationToken cancellationToken, Predicate<long?>? when = null)
    {
        var id = endpoint.Endpoint.Id;
        var (source, definition) = (WireNames.Of(endpoint.Source), EndpointJson.ToJson(endpoint.Endpoint));
        var put = await _writes.RunAsync(
            session =>
            {
                if (when?.Invoke(session.QueryFirst<long?>("SELECT generation FROM endpoints WHERE id = $id", row => row.GetInt64(0), ("$id", id))) is false)
                    return EndpointPut.Refused;
                var same = session.QueryFirst<long?>(
                    "SELECT generation FROM endpoints WHERE id = $id AND source = $source AND definition = $definition",
                    row => row.GetInt64(0),
                    ("$id", id), ("$source", source), ("$definition", definition));
                if (same is { } known)
                    return new EndpointPut(Created: false, known);

                var generation = NextGeneration(session);
                session.Execute(
                    """
                    INSERT INTO endpoints (id, source, definition, generation, watched_since, watched_until, number)
                    VALUES ($id, $source, $definition, $generation, $since, $until, (SELECT coalesce(max(number), 0) + 1 FROM endpoints))
                    ON CONFLICT (id) DO UPDATE SET source = excluded.source, definition = excluded.definition, generation = excluded.generation,
                        watched_since = excluded.watched_since, watched_until = excluded.watched_until
                    """,
                    ("$id", id), ("$source", source), ("$definition", definition), ("$generation", generation),
                    ("$since", endpoint.Watched.Since?.UtcTicks), ("$until", endpoint.Watched.Until?.UtcTicks));
                var created = session.Execute(
                    "INSERT INTO state (endpoint_id, version, state) VALUES ($id, $version, $state) ON CONFLICT DO NOTHING",
                    ("$id", id), ("$version", _live.NextVersion()),
                    ("$state", JsonSerializer.Serialize(EndpointState.Of(endpoint.Endpoint, generation), EngineJson.Default.EndpointState))) == 1;
                _live.NoteChange(id, listToo: created);
                return new EndpointPut(created, generation) { IsDefined = created };
            },
            cancellationToken, WriteKind.Durable);
        if (put != EndpointPut.Refused)
            EndpointChanged(id);
        return put;
    }

    /// <summary>The highest of all endpoints is kept, so that it outlives those that are deleted.</summary>
    private long NextGeneration(SqliteSession session)
    {
        const string Mark = "generation";
        var highest = session.QueryFirst<long?>("SELECT at FROM marks WHERE name = $name", row => row.GetInt64(0), ("$name", Mark)) ?? 0;
        var next = Generations.Next(highest, _time);
        session.Execute(
            "INSERT INTO marks (name, at) VALUES ($name, $at) ON CONFLICT (name) DO UPDATE SET at = excluded.at", ("$name", Mark), ("$at", next));
        return next;
    }

    /// <summary>What <see cref="Registered"/> reads, of endpoints <c>e</c>.</summary>
    private const string Definition = "e.id, e.source, e.definition, e.generation, e.watched_since, e.watched_until";

    private RegisteredEndpoint Registered(SqliteDataReader row)
    {
        var (id, source) = (row.GetString(0), row.GetString(1));
        return _definitions.Read(
            id,
            row.GetString(2),
            WireNames.TryParse<EndpointSource>(source, out var known)
                ? known
                : throw new InvalidDataException($"The stored source '{source}' of endpoint {id} is none."),
            row.GetInt64(3),
            new WatchedPeriod(InstantOrNull(row, 4), InstantOrNull(row, 5)));
    }

    private static DateTimeOffset? InstantOrNull(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : Instant(row.GetInt64(column));
}
