using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Uptime;

/// <summary>
/// What rolling up, and the watch over what it finds, read and write. A row that cannot be read is left out and logged: it must not
/// stop the others.
/// </summary>
public interface IRollupStore
{
    /// <summary>Up to where hours are rolled up; null before the first time.</summary>
    Task<DateTimeOffset?> ReadRolledThroughAsync(CancellationToken cancellationToken);

    Task WriteRolledThroughAsync(DateTimeOffset through, CancellationToken cancellationToken);

    /// <summary>All results of an endpoint with a slot in [from, until), from every location.</summary>
    Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(
        string endpointId, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Writes over what was there.</summary>
    Task WriteRollupsAsync(string endpointId, IReadOnlyList<RollupRecord> rollups, CancellationToken cancellationToken);

    /// <summary>Those that start in [from, until), oldest first.</summary>
    Task<IReadOnlyList<RollupRecord>> ReadRollupsAsync(
        string endpointId, RollupPeriod period, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Ids of the endpoints that became slow and are not known to have recovered: <see cref="EndpointState.Regression"/>.</summary>
    Task<IReadOnlySet<string>> ReadRegressedAsync(CancellationToken cancellationToken);
}
