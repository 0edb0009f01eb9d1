using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Api;

/// <summary>Counts endpoints, each looked at once, and says one verdict for all of them.</summary>
internal sealed class Tally
{
    private readonly int[] _verdicts = new int[Enum.GetValues<Verdict>().Length];
    private int _total;
    private int _paused;
    private int _stale;
    private int _openIncidents;
    private bool _watchedIncident;

    internal StatusCounts Counts => new(
        _total, Of(Verdict.Healthy), Of(Verdict.Degraded), Of(Verdict.Gated), Of(Verdict.Down), Of(Verdict.Unknown), _paused, _openIncidents)
    { Stale = _stale };

    /// <summary>
    /// Down if any endpoint is; else degraded if any is or has an open incident; else unknown if any is, or if there is none
    /// to speak of. A gated endpoint is alive and does not lower the whole. Paused endpoints do not count.
    /// </summary>
    internal Verdict Verdict => Of(Verdict.Down) > 0 ? Verdict.Down
        : Of(Verdict.Degraded) > 0 || _watchedIncident ? Verdict.Degraded
        : Of(Verdict.Unknown) > 0 || _total == _paused ? Verdict.Unknown
        : Verdict.Healthy;

    internal static Tally Of(IEnumerable<EndpointOverview> all)
    {
        var tally = new Tally();
        foreach (var one in all)
            tally.Add(one);
        return tally;
    }

    internal void Add(EndpointOverview one)
    {
        _total++;
        _openIncidents += one.State.OpenIncidents.Count;
        if (one.Stale)
            _stale++;
        if (one.Registered.Endpoint.Paused)
        {
            _paused++;
            return;
        }

        _verdicts[(int)one.State.Verdict]++;
        _watchedIncident |= one.State.OpenIncidents.Count > 0;
    }

    private int Of(Verdict verdict) => _verdicts[(int)verdict];
}
