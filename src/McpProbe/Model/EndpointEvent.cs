using McpProbe.Incidents;

namespace McpProbe.Model;

/// <summary>What an endpoint's incidents are judged by: a probe (<see cref="Observation"/>), a measurement, time, or a person.</summary>
/// <param name="At">When it happened; for a probe its slot.</param>
public abstract record EndpointEvent(DateTimeOffset At);

/// <summary>Nothing but time: reminders and escalations fall due, a maintenance ends.</summary>
public sealed record TimePassed(DateTimeOffset At) : EndpointEvent(At);

/// <summary>How long the handshake took lately, over all locations; cold probes and those in maintenance are left out.</summary>
/// <param name="HourP95">Milliseconds, over the last hour.</param>
/// <param name="HourSamples">Probes that it is taken over.</param>
/// <param name="WeekP95">Milliseconds, over the 7 days before that hour.</param>
public sealed record LatencyMeasured(
    DateTimeOffset At, double HourP95, long HourSamples, double WeekP95, long WeekSamples) : EndpointEvent(At);

/// <summary>How the probes of the last minutes, hours and days ended, for the error budget.</summary>
/// <param name="Counts">One for each window that <c>BurnRule</c> looks at; a window that is missing holds nothing.</param>
public sealed record BudgetMeasured(DateTimeOffset At, IReadOnlyList<WindowCounts> Counts) : EndpointEvent(At);

/// <summary>Probes in the time that ends now, of all locations; those of a maintenance, and those that say nothing, are left out.</summary>
public sealed record WindowCounts(TimeSpan Window, long Up, long Down)
{
    public long Total => Up + Down;
}

/// <summary>A catalogue was compared with those of the endpoint's group: what it does to the tools of the others.</summary>
/// <param name="Hash">The catalogue that was compared.</param>
/// <param name="Alike">Tools that a model cannot tell from one of the others.</param>
public sealed record ToolsCompared(DateTimeOffset At, string Hash, IReadOnlyList<Finding> Findings, IReadOnlyList<Finding> Alike) : EndpointEvent(At);

/// <summary>The server was looked at beyond what a probe asks (<see cref="Probing.DeepProber"/>).</summary>
/// <param name="Look">What was found, in place of what the look before it found.</param>
public sealed record DeepLooked(DateTimeOffset At, DeepLook Look) : EndpointEvent(At);

/// <summary>Somebody reviewed the catalogue, and the access, that the endpoint has now: they are what is expected from now on.</summary>
public sealed record BaselineAccepted(DateTimeOffset At, string By) : EndpointEvent(At);

/// <summary>Somebody plans a time without alerts, in place of one that was planned before; null ends it.</summary>
public sealed record MaintenanceChanged(DateTimeOffset At, AdHocMaintenance? Maintenance) : EndpointEvent(At);

/// <summary>
/// The endpoint has another definition: probes of those before it are not judged any more. Where it watches another target, or is
/// paused, its incidents close.
/// </summary>
/// <param name="Before">What the definition before it watched (<see cref="WatchedTarget"/>), for a state that does not say; null when that is not known.</param>
public sealed record EndpointDefined(DateTimeOffset At, long Generation, string? Before = null) : EndpointEvent(At);

/// <summary>Somebody takes an open incident on, or gives it back.</summary>
/// <param name="Until">Until when it is neither told again nor escalated; null ends what stands.</param>
public sealed record IncidentAcknowledged(DateTimeOffset At, string IncidentId, string By, DateTimeOffset? Until) : EndpointEvent(At);

/// <summary>Somebody writes about an open incident.</summary>
public sealed record IncidentNoted(DateTimeOffset At, string IncidentId, IncidentNote Note) : EndpointEvent(At);

/// <summary>The endpoint is deleted, paused or archived: all its incidents close.</summary>
/// <param name="Rule">
/// <see cref="IncidentRules.EndpointDeleted"/>, <see cref="IncidentRules.EndpointPaused"/> or <see cref="IncidentRules.EndpointArchived"/>.
/// </param>
public sealed record EndpointClosed(DateTimeOffset At, string Rule) : EndpointEvent(At);
