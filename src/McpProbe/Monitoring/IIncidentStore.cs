using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>The rows of single incidents, as pages show them; while one is open its endpoint's state is the truth.</summary>
public interface IIncidentStore
{
    /// <summary>Null when there is none, or it is not kept any more.</summary>
    Task<StoredIncident?> FindIncidentAsync(string id, CancellationToken cancellationToken);

    /// <summary>Replaces the row of an incident that is resolved, if it is still the version that was read.</summary>
    /// <returns>False when somebody else was quicker: read again, decide again.</returns>
    Task<bool> ReplaceIncidentAsync(StoredIncident before, Incident after, CancellationToken cancellationToken);
}

/// <param name="Version">Opaque: an ETag, the stored text.</param>
public sealed record StoredIncident(Incident Incident, string Version);
