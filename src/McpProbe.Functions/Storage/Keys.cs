using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using McpProbe.Uptime;

namespace McpProbe.Functions.Storage;

/// <summary>
/// Every table's name, partition key and row key (docs/architecture.md, Storage). Keys sort ordinally: newest-first comes
/// from inverted numbers. An endpoint id holds none of <c>| ~ *</c>; everything that users name freely is escaped.
/// </summary>
internal static class Keys
{
    internal const string Endpoints = "endpoints";
    internal const string State = "state";
    internal const string ResultsPrefix = "results";
    internal const string Rollups = "rollups";
    internal const string Incidents = "incidents";
    internal const string Drift = "drift";
    internal const string Deliveries = "deliveries";
    internal const string Schedule = "schedule";
    internal const string Audit = "audit";

    /// <summary>Blob containers.</summary>
    internal const string Catalogs = "catalogs";
    internal const string Overflow = "overflow";
    internal const string Overviews = "overviews";

    /// <summary>The partition of <see cref="Incidents"/> that lists those of all endpoints; no endpoint id begins like it.</summary>
    internal const string AllIncidents = "~all";

    /// <summary>The partition of <see cref="Deliveries"/> that holds the channels' states.</summary>
    internal const string Channels = "~channels";

    /// <summary>The partition of <see cref="Deliveries"/> that lists what was given up, newest first.</summary>
    internal const string GivenUp = "~given-up";

    /// <summary>Changes are few: one partition lists them all, the newest first.</summary>
    internal const string AuditPartition = "~all";

    /// <summary>Rows of <see cref="Schedule"/> that belong to the whole store.</summary>
    internal const string StorePartition = "~store";
    internal const string SignInKeysPartition = "~sign-in-keys";
    internal const string ShardsRow = "shards";
    internal const string RolledThroughRow = "rolledThrough";
    internal const string CleanUpRow = "cleanUp";

    /// <summary>Up to which endpoint old rollups were removed.</summary>
    internal const string RollupsCleanedRow = "rollupsCleaned";

    /// <summary>The highest generation of the definitions that were deleted.</summary>
    internal const string GenerationRow = "generation";

    internal const string ScheduledThroughRow = "scheduledThrough";

    /// <summary>Begins the rows of facts, behind the results of their endpoint and day: the keys of results begin with a digit.</summary>
    internal const string FactsPrefix = "~";

    internal static string Facts(string digest) => FactsPrefix + digest;

    /// <summary>The digest in the key of a row of facts; null for a result's.</summary>
    internal static string? FactsName(string row) => row.StartsWith(FactsPrefix, StringComparison.Ordinal) ? row[FactsPrefix.Length..] : null;

    /// <summary>The row of <see cref="Endpoints"/> that changes whenever a definition of its shard does; it lies behind all of them.</summary>
    internal const string ShardVersion = "~version";

    /// <summary>The bound after every key that begins with <c>x|</c>: the character after the bar.</summary>
    private const char AfterBar = '}';

    internal static int ShardOf(string endpointId, int shards) => (int)(
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(endpointId)).AsSpan(8)) % (ulong)shards);

    internal static string Shard(int shard) => shard.ToString("D2", CultureInfo.InvariantCulture);

    // A scan of an endpoint's rows meets the newest results first, then the shared row, the locations, and what is pending:
    // '!' < '*' < '0' < '~'. No location's part begins with any of them.
    internal static string SharedState(string endpointId) => $"{endpointId}|*";

    /// <summary>What an overview shows of a location's newest result.</summary>
    internal static string LatestResult(string endpointId, string location) => $"{endpointId}|!{Part(location)}";

    /// <summary>The first and the bound after the last key of an endpoint's newest results.</summary>
    internal static (string From, string Until) LatestResults(string endpointId) => ($"{endpointId}|!", $"{endpointId}|\"");

    internal static bool IsLatestResult(string rowKey) => rowKey.Contains("|!", StringComparison.Ordinal);

    internal static string LocationState(string endpointId, string location) => $"{endpointId}|{Part(location)}";

    /// <summary>Oldest first within an endpoint, and computable from the transition alone.</summary>
    internal static string Pending(Transition transition) =>
        $"{transition.Incident.EndpointId}|~{Ticks(transition.At)}|{Number(transition.Incident.Sequence)}|{WireNames.Of(transition.Incident.Kind)}";

    /// <summary>After the transitions: those begin with digits.</summary>
    internal static string PendingDrift(DriftRecord drift) => $"{drift.EndpointId}|~drift|{Ticks(drift.At)}|{Part(drift.ProtocolVersion)}";

    internal static bool IsPendingDrift(string rowKey) => rowKey.Contains("|~drift|", StringComparison.Ordinal);

    /// <summary>The first and the bound after the last key of an endpoint's state rows.</summary>
    internal static (string From, string Until) StateRange(string endpointId) => ($"{endpointId}|", $"{endpointId}{AfterBar}");

    internal static string EndpointOfState(string rowKey) => rowKey[..rowKey.IndexOf('|', StringComparison.Ordinal)];

    internal static string ResultsTable(DateTimeOffset slot) => ResultsPrefix + Month(slot);

    internal static string Month(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMM", CultureInfo.InvariantCulture);

    /// <summary>The day is inverted, so that a scan over an endpoint's days gives the newest first.</summary>
    internal static string ResultPartition(string endpointId, DateTimeOffset slot) =>
        $"{endpointId}|{99_999_999 - int.Parse(slot.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture):D8}";

    internal static (string From, string Until) ResultPartitions(string endpointId) => ($"{endpointId}|", $"{endpointId}{AfterBar}");

    internal static string Result(DateTimeOffset slot, string location) => $"{Inverted(slot)}|{Part(location)}";

    /// <summary>Row keys of what comes after the cursor are greater than this; those before it, and it itself, are not.</summary>
    internal static string ResultsAfter(ResultCursor cursor) =>
        cursor.Location is { } location ? Result(cursor.Slot, location) : $"{Inverted(cursor.Slot)}{AfterBar}";

    /// <summary>Row keys of slots before <paramref name="until"/> and from <paramref name="from"/> on lie between these.</summary>
    internal static (string After, string Until) ResultRows(DateTimeOffset from, DateTimeOffset until) =>
        ($"{Inverted(until)}{AfterBar}", $"{Inverted(from)}{AfterBar}");

    internal static string Rollup(RollupRecord record) => $"{RollupTime(record.Period, record.Start)}|{Part(record.Location)}";

    internal static string RollupTime(RollupPeriod period, DateTimeOffset start) => period switch
    {
        RollupPeriod.Hour => string.Create(CultureInfo.InvariantCulture, $"h|{start.UtcDateTime:yyyyMMddHH}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"d|{start.UtcDateTime:yyyyMMdd}"),
    };

    /// <summary>The bounds of the rollups of a period that begin before an instant.</summary>
    internal static (string From, string Until) RollupsBefore(RollupPeriod period, DateTimeOffset start) =>
        (RollupTime(period, start)[..2], RollupTime(period, start));

    /// <summary>What an incident's row key says: its endpoint, its kind and when it opened name it (<see cref="IncidentIds.Of"/>).</summary>
    internal static (string EndpointId, string Id) OfIncident(string rowKey)
    {
        var parts = rowKey.Split('|');
        var opened = new DateTimeOffset(
            DateTimeOffset.MaxValue.Ticks - long.Parse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture), TimeSpan.Zero);
        return WireNames.TryParse<IncidentKind>(parts[1], out var kind)
            ? (parts[2], IncidentIds.Of(parts[2], kind, opened))
            : throw new InvalidDataException($"The row {rowKey} is of no kind of incident that is known.");
    }

    internal static string Incident(Incident incident) => $"{Inverted(incident.OpenedAt)}|{WireNames.Of(incident.Kind)}|{incident.EndpointId}";

    /// <summary>Row keys of incidents that opened earlier, and of drift and of given-up alerts from before, are greater than this.</summary>
    internal static string IncidentsBefore(DateTimeOffset time) => $"{Inverted(time)}{AfterBar}";

    /// <summary>Row keys of incidents that opened within a time from <paramref name="from"/> on lie between these.</summary>
    internal static (string After, string Until) IncidentsWithin(DateTimeOffset from, TimeSpan length) =>
        (IncidentsBefore(from + length), IncidentsBefore(from));

    internal static string DriftRow(DateTimeOffset at, string protocolVersion) => $"{Inverted(at)}|{Part(protocolVersion)}";

    internal static string Delivery(int sequence, string channel) => $"{Number(sequence)}|{Part(channel)}";

    /// <summary>The transition itself, after its deliveries.</summary>
    internal static string Transition(int sequence) => $"{Number(sequence)}|~";

    internal static bool IsTransition(string rowKey) => rowKey.EndsWith("|~", StringComparison.Ordinal);

    /// <summary>The first and the bound after the last row key of a transition and its deliveries.</summary>
    internal static (string From, string Until) OfSequence(int sequence) => ($"{Number(sequence)}|", $"{Number(sequence)}{AfterBar}");

    internal static string Channel(string channel) => Part(channel);

    /// <summary>The partition of <see cref="Deliveries"/> that lists what is on its way to a channel.</summary>
    internal static string Waiting(string channel) => $"{WaitingPrefix}{Part(channel)}";

    /// <summary>The bounds of all those partitions.</summary>
    internal static (string From, string Until) AllWaiting => (WaitingPrefix, $"~waiting{AfterBar}");

    private const string WaitingPrefix = "~waiting|";

    /// <summary>Oldest first; computable from the delivery alone.</summary>
    internal static string WaitingRow(Delivery delivery) => $"{Ticks(delivery.At ?? default)}|{delivery.TransitionId}";

    internal static string GivenUpRow(Delivery delivery) =>
        $"{Inverted(delivery.At ?? default)}|{delivery.TransitionId}|{Part(delivery.Channel)}";

    /// <summary>Takes a transition's id apart: incident and sequence (<see cref="IncidentIds.OfTransition"/>).</summary>
    internal static (string IncidentId, int Sequence) OfTransition(string transitionId)
    {
        var at = transitionId.LastIndexOf('_');
        return (transitionId[..at], int.Parse(transitionId.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    /// <summary>The partition of <see cref="Schedule"/> with a row for each location.</summary>
    internal const string ScheduleOfAll = "~all";

    /// <summary>The partition of <see cref="Schedule"/> with a row for each endpoint that changed since the document of its overview was written.</summary>
    internal static string Changed(int document) => $"~changed|{Shard(document)}";

    internal static string OverviewBlob(int document) => $"{Shard(document)}.json.gz";

    internal static string Location(string location) => Part(location);

    internal static string ScheduleLane(int shard, string location) => $"{Shard(shard)}|{Part(location)}";

    internal static string CatalogBlob(string hash) => $"{Hex(hash)}.json.gz";

    internal static string HashOfCatalogBlob(string name) => $"sha256:{name[..name.IndexOf('.', StringComparison.Ordinal)]}";

    private static string Hex(string hash) => hash[(hash.IndexOf(':', StringComparison.Ordinal) + 1)..];

    private static string Ticks(DateTimeOffset time) => time.UtcTicks.ToString("D19", CultureInfo.InvariantCulture);

    private static string Inverted(DateTimeOffset time) => (DateTimeOffset.MaxValue.Ticks - time.UtcTicks).ToString("D19", CultureInfo.InvariantCulture);

    private static string Number(int value) => value.ToString("D6", CultureInfo.InvariantCulture);

    // Keys refuse / \ # ? and control characters, and a percent sign is trouble in a URL: percent-encoding with an equals sign.
    private static string Part(string text) => Uri.EscapeDataString(text).Replace("~", "%7E", StringComparison.Ordinal).Replace('%', '=');
}
