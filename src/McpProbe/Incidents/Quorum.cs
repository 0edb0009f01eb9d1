using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Incidents;

/// <summary>
/// What the locations that report say together. A location reports as long as its last probe that said something is not too old
/// (<see cref="Rules.LocationRule"/>): one that its prober could not make does not count.
/// </summary>
/// <param name="Reporting">How many report.</param>
/// <param name="Needed">How many of these must see it down: more than half, or as many as the policy says.</param>
/// <param name="Down">See it down, long enough to count.</param>
/// <param name="Failing">Saw it down last, long enough or not.</param>
/// <param name="Unrecovered">Saw failures, and not enough successes since.</param>
internal readonly record struct Quorum(int Reporting, int Needed, int Down, int Failing, int Unrecovered)
{
    internal bool IsDown => Reporting > 0 && Down >= Needed;

    internal bool IsStillDown => Unrecovered >= Needed;

    // While enough of them fail for an outage to be near, a warning would only come before the alarm.
    internal bool IsDownAtSome => Reporting > 1 && Down > 0 && Failing < Needed;

    internal bool IsStillDownAtSome => Reporting > 1 && Unrecovered > 0;

    internal static Quorum Of(EndpointState state, Endpoint endpoint)
    {
        var (reporting, down, failing, unrecovered) = (0, 0, 0, 0);
        foreach (var seen in state.Locations.Values)
        {
            if (seen.Counted is Verdict.Unknown)
                continue;
            reporting++;
            if (seen.Counted is Verdict.Down)
                failing++;
            if (IsDownAt(seen, endpoint))
                down++;
            if (seen.Failures > 0)
                unrecovered++;
        }

        var needed = Math.Clamp(endpoint.Alerts.Quorum ?? reporting / 2 + 1, 1, Math.Max(reporting, 1));
        return new Quorum(reporting, needed, down, failing, unrecovered);
    }

    /// <summary>The verdict over all locations: down only if enough see it so; fewer are a warning.</summary>
    internal static Verdict VerdictOf(EndpointState state, Endpoint endpoint)
    {
        var quorum = Of(state, endpoint);
        // Nobody knows how it is now, also while what they said before still counts.
        if (state.Locations.Values.All(seen => seen.Verdict is Verdict.Unknown))
            return Verdict.Unknown;
        if (quorum.Failing > 0)
            return quorum.Failing >= quorum.Needed ? Verdict.Down : Verdict.Degraded;
        var worst = Verdict.Healthy;
        foreach (var seen in state.Locations.Values)
        {
            if (seen.Counted is not Verdict.Unknown && seen.Counted > worst)
                worst = seen.Counted;
        }

        return worst;
    }

    /// <summary>The locations that see it down, for a sentence, what the newest of them says, and since when the first of them does.</summary>
    internal (string Where, Failure? Failure, DateTimeOffset? Since) Describe(EndpointState state, Endpoint endpoint)
    {
        var down = state.Locations.Where(location => IsDownAt(location.Value, endpoint))
            .OrderBy(location => location.Key, StringComparer.Ordinal).ToList();
        var names = string.Join(", ", down.Select(location => location.Key));
        var newest = down.Select(location => location.Value).MaxBy(seen => seen.LastSlot);
        return ($"Down at {down.Count} of {Reporting} locations ({names}): ", newest?.Failure, down.Min(location => location.Value.FailingSince));
    }

    private static bool IsDownAt(LocationState seen, Endpoint endpoint) =>
        seen.Counted is Verdict.Down && new Streak(seen.Failures, seen.Successes).IsOver(endpoint);
}
