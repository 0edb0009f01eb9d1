namespace McpProbe.Server.Storage;

/// <summary>The tables and their version. Instants are UTC ticks, so that they sort; values are the engine's JSON.</summary>
internal static class Schema
{
    /// <summary>What makes a file of version n one of version n + 1; a new file takes all of them.</summary>
    internal static readonly string[] Steps =
    [
        Tables,
        DueStates + RollUps + Channels,
        Generations,
        Audit,
        WatchedPeriods,
        CompactResults,
    ];

    /// <summary>Every change of the tables is one more step; a step that was released never changes.</summary>
    public static int Version => Steps.Length;

    /// <exception cref="StorageException">The file was written by a newer version.</exception>
    public static void RefuseNewer(SqliteSession session, string path)
    {
        if (Found(session) is var found && found > Version)
        {
            throw new StorageException(
                $"{path} has schema version {found}, and this McpProbe knows versions up to {Version}: run the newer McpProbe that wrote it, or choose another directory with --data.");
        }
    }

    /// <summary>Creates the tables in a new file, and brings those of an older version up to date.</summary>
    public static void Prepare(SqliteSession session)
    {
        var found = Found(session);
        if (found == Version)
            return;
        session.Execute("BEGIN IMMEDIATE");
        foreach (var step in Steps.AsSpan(found))
        {
            session.Execute(step);
            if (ReferenceEquals(step, CompactResults))
                FormerResults.BringOver(session);
        }
        session.Execute($"PRAGMA user_version = {Version}");
        session.Execute("COMMIT");
    }

    private static int Found(SqliteSession session) => session.QueryFirst("PRAGMA user_version", row => row.GetInt32(0));

    private const string Tables = """
        CREATE TABLE endpoints (
            id TEXT PRIMARY KEY,
            source TEXT NOT NULL,
            definition TEXT NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE state (
            endpoint_id TEXT PRIMARY KEY REFERENCES endpoints ON DELETE CASCADE,
            version INTEGER NOT NULL,
            state TEXT NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE results (
            endpoint_id TEXT NOT NULL REFERENCES endpoints ON DELETE CASCADE,
            slot INTEGER NOT NULL,
            location TEXT NOT NULL,
            result TEXT NOT NULL,
            PRIMARY KEY (endpoint_id, slot, location)
        ) WITHOUT ROWID;

        CREATE TABLE drift (
            endpoint_id TEXT NOT NULL REFERENCES endpoints ON DELETE CASCADE,
            at INTEGER NOT NULL,
            protocol_version TEXT NOT NULL,
            drift TEXT NOT NULL,
            PRIMARY KEY (endpoint_id, at, protocol_version)
        ) WITHOUT ROWID;

        CREATE TABLE catalogs (
            hash TEXT PRIMARY KEY,
            content BLOB NOT NULL,
            touched_at INTEGER NOT NULL
        );

        -- The tables below outlive their endpoint: an alert is delivered, and an incident told of, after it is gone.

        CREATE TABLE incidents (
            id TEXT PRIMARY KEY,
            endpoint_id TEXT NOT NULL,
            opened_at INTEGER NOT NULL,
            incident TEXT NOT NULL
        );
        CREATE INDEX incidents_by_time ON incidents (opened_at);
        CREATE INDEX incidents_by_endpoint ON incidents (endpoint_id, opened_at);

        CREATE TABLE pending (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            transition_id TEXT NOT NULL UNIQUE,
            endpoint_id TEXT NOT NULL,
            transition TEXT NOT NULL
        );
        CREATE INDEX pending_by_endpoint ON pending (endpoint_id);

        CREATE TABLE transitions (
            id TEXT PRIMARY KEY,
            transition TEXT NOT NULL
        );

        CREATE TABLE deliveries (
            transition_id TEXT NOT NULL,
            channel TEXT NOT NULL,
            incident_id TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            next_attempt_at INTEGER,
            delivery TEXT NOT NULL,
            PRIMARY KEY (transition_id, channel)
        ) WITHOUT ROWID;
        CREATE INDEX deliveries_by_incident ON deliveries (incident_id, channel, sequence);
        CREATE INDEX deliveries_due ON deliveries (channel, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
        """;

    // UTC ticks from what JSON says, to the second: the rows of version 1 had no time of their own.
    private const string Channels = """
        CREATE TABLE channels (
            name TEXT PRIMARY KEY,
            version INTEGER NOT NULL,
            ledger TEXT NOT NULL
        ) WITHOUT ROWID;

        ALTER TABLE deliveries ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE deliveries ADD COLUMN given_up INTEGER NOT NULL DEFAULT 0;
        UPDATE deliveries SET
            at = unixepoch(delivery ->> '$.updatedAt') * 10000000 + 621355968000000000,
            given_up = delivery ->> '$.status' = 'gave-up';
        CREATE INDEX deliveries_by_time ON deliveries (at);
        CREATE INDEX deliveries_given_up ON deliveries (at) WHERE given_up;
        """;

    // Definitions of before have none: 0, which is older than any.
    private const string Generations = """
        ALTER TABLE endpoints ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
        """;

    // A file of version 1 has none due until its endpoints are judged again, which every probe does.
    private const string DueStates = """
        ALTER TABLE state ADD COLUMN due_at INTEGER;
        CREATE INDEX state_due ON state (due_at) WHERE due_at IS NOT NULL;
        """;

    // Null where nobody kept it: the endpoints of an older file were always there.
    private const string WatchedPeriods = """
        ALTER TABLE endpoints ADD COLUMN watched_since INTEGER;
        ALTER TABLE endpoints ADD COLUMN watched_until INTEGER;
        """;

    // A result takes some 60 bytes instead of 1,300: an endpoint has a number, and what results have in common is stored once.
    private const string CompactResults = """
        ALTER TABLE endpoints ADD COLUMN number INTEGER;
        UPDATE endpoints SET number = (SELECT count(*) FROM endpoints other WHERE other.id <= endpoints.id);
        CREATE UNIQUE INDEX endpoints_by_number ON endpoints (number);

        CREATE TABLE facts (
            number INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            last_day INTEGER NOT NULL,
            content BLOB NOT NULL
        );
        CREATE INDEX facts_by_day ON facts (last_day);

        CREATE TABLE readings (
            endpoint INTEGER NOT NULL REFERENCES endpoints (number) ON DELETE CASCADE,
            slot INTEGER NOT NULL,
            location TEXT NOT NULL,
            facts INTEGER NOT NULL,
            reading BLOB NOT NULL,
            PRIMARY KEY (endpoint, slot, location)
        ) WITHOUT ROWID;
        """;

    private const string RollUps = """

        CREATE TABLE rollups (
            endpoint_id TEXT NOT NULL REFERENCES endpoints ON DELETE CASCADE,
            period TEXT NOT NULL,
            start INTEGER NOT NULL,
            location TEXT NOT NULL,
            rollup TEXT NOT NULL,
            PRIMARY KEY (endpoint_id, period, start, location)
        ) WITHOUT ROWID;

        -- Up to when a job has done its work.
        CREATE TABLE marks (
            name TEXT PRIMARY KEY,
            at INTEGER NOT NULL
        ) WITHOUT ROWID;
        """;

    // The newest first: see AuditLine.IdAt.
    private const string Audit = """
        CREATE TABLE audit (
            id TEXT PRIMARY KEY,
            line TEXT NOT NULL
        ) WITHOUT ROWID;
        """;
}
