using System.Globalization;
using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.CrashTest.Truth;

/// <summary>
/// What was promised (docs/architecture.md, Delivery promises), held against what arrived: every committed transition is
/// accepted, in order per incident; repeats only under the same id with the same body, and only as long as no confirmation was
/// recorded; nothing arrives that was never committed.
/// </summary>
internal sealed class Comparison
{
    /// <summary>One kind in front must not hide the others.</summary>
    private const int MostPrinted = 300;

    private readonly List<string> _failures = [];
    private readonly List<(string Name, int Count)> _counts = [];

    /// <summary>The incidents that are right to be open at the end.</summary>
    public Func<Incident, bool> MayBeOpen { get; init; } = _ => false;

    /// <summary>
    /// The messages that may be forgotten: they were told from memory while the disk was full, and a death took them. What they told is told
    /// anew, and at another time.
    /// </summary>
    public Func<Arrival, bool> MayBeForgotten { get; init; } = _ => false;

    /// <summary>What is not as promised, in words.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public void Fail(string failure) => _failures.Add(failure);

    public void Count(string name, int count) => _counts.Add((name, count));

    /// <param name="recorded">The messages that a store called delivered while its process was dead, each with the last number until then.</param>
    public void Compare(StoreView store, IReadOnlyList<Arrival> arrivals, IReadOnlyDictionary<string, int> recorded)
    {
        var byId = arrivals.ToLookup(arrival => arrival.Id);
        var transitions = store.Incidents
            .SelectMany(incident => Enumerable.Range(1, incident.Sequence)
                .Select(sequence => (Incident: incident, Sequence: sequence, Id: IncidentIds.OfTransition(incident.Id, sequence))))
            .ToList();

        var lost = transitions.Where(one => !byId[one.Id].Any(arrival => arrival.Accepted)).ToList();
        foreach (var one in lost)
            Fail($"{one.Id} was committed, and the receiver never accepted it; its delivery: {store.Deliveries.FirstOrDefault(row => row.TransitionId == one.Id)}");
        var known = transitions.Select(one => one.Id).ToHashSet();
        var unknown = byId.Where(each => !known.Contains(each.Key)).ToList();
        var invented = unknown.Where(each => !each.All(MayBeForgotten)).Select(each => each.Key).ToList();
        foreach (var id in invented)
            Fail($"{id} arrived, and the store knows of no such transition");

        var outOfOrder = 0;
        foreach (var (incident, sequence, id) in transitions.Where(one => one.Sequence > 1))
        {
            var earlier = byId[IncidentIds.OfTransition(incident.Id, sequence - 1)].Where(arrival => arrival.Accepted).ToList();
            if (byId[id].FirstOrDefault() is { } first && !earlier.Any(arrival => arrival.Answered < first.Number))
            {
                outOfOrder++;
                Fail($"{id} arrived before its predecessor was accepted");
            }
        }

        foreach (var arrival in arrivals.Where(arrival => !arrival.Signed))
            Fail($"{arrival.Id} arrived with a wrong signature at {arrival.At:O}");
        foreach (var each in byId.Where(each => each.Where(arrival => arrival.Body is not null && !MayBeForgotten(arrival)).Select(arrival => arrival.Body).Distinct().Count() > 1))
            Fail($"{each.Key} arrived with different bodies");
        foreach (var (incident, sequence, id) in transitions)
            CheckBody(incident, sequence, byId[id].FirstOrDefault(arrival => arrival.Body is not null && !MayBeForgotten(arrival)));

        var forbidden = recorded.SelectMany(each => byId[each.Key].Where(arrival => arrival.Number > each.Value)).ToList();
        foreach (var arrival in forbidden)
            Fail($"{arrival.Id} arrived again at {arrival.At:O}, after its confirmation had been recorded");

        CheckIncidents(store);
        foreach (var row in store.Deliveries.Where(row => row.Status is not DeliveryStatus.Delivered))
            Fail($"{row.TransitionId} to {row.Channel} is {row.Status} at the end, after {row.Attempts} attempts: {row.LastError}");
        foreach (var transition in store.Pending)
            Fail($"{transition.Id} is still pending at the end");

        Count("incidents", store.Incidents.Count);
        Count("transitions committed", transitions.Count);
        Count("webhook ids accepted", byId.Count(each => each.Any(arrival => arrival.Accepted)));
        Count("requests at the receiver", arrivals.Count);
        foreach (var answer in Enum.GetValues<ReceiverAnswer>().Where(answer => answer > ReceiverAnswer.AcceptsLate))
            Count($"  of them {Words(answer)}", arrivals.Count(arrival => arrival.Answer == answer));
        Count("repeats of accepted ones", byId.Sum(each => Math.Max(0, each.Count(arrival => arrival.Accepted) - 1)));
        Count("  of them after the confirmation was recorded", forbidden.Count);
        Count("lost", lost.Count);
        Count("out of order", outOfOrder);
        Count("never committed", invented.Count);
        if (unknown.Count > invented.Count)
            Count("told from memory, which a death took", unknown.Count - invented.Count);
    }

    /// <summary>The same for a channel of people, where a message may tell several transitions.</summary>
    /// <param name="recorded">The transitions that a store called delivered while its process was dead, each with how many messages had come until then.</param>
    public void CompareGathered(StoreView store, IReadOnlyList<Arrival> messages, IReadOnlyDictionary<string, int> recorded)
    {
        foreach (var message in messages.GroupBy(message => message.Id).Where(each => each.Select(one => one.Body).Distinct().Count() > 1))
            Fail($"the message {message.Key} came with different transitions");
        // Where a transition was told first: the message, and the line in it.
        var told = messages.SelectMany((message, number) => message.Body!.Split('\n').Select((id, line) => (Id: id, message, number, line))).ToLookup(each => each.Id);
        foreach (var each in told.Where(each => each.Select(one => one.message.Id).Distinct().Count() > 1))
            Fail($"{each.Key} was told in different messages: {string.Join(", ", each.Select(one => one.message.Id).Distinct())}");
        foreach (var each in told.Where(each => recorded.TryGetValue(each.Key, out var until) && each.Any(one => one.number >= until)))
            Fail($"{each.Key} was told to people again, after that had been recorded");
        foreach (var incident in store.Incidents)
        {
            var places = Enumerable.Range(1, incident.Sequence).Select(sequence => told[IncidentIds.OfTransition(incident.Id, sequence)].FirstOrDefault()).ToList();
            foreach (var (place, sequence) in places.Select((place, index) => (place, index + 1)).Where(each => each.place.message is null))
                Fail($"{IncidentIds.OfTransition(incident.Id, sequence)} was never told to people");
            foreach (var (earlier, later) in places.Zip(places.Skip(1)).Where(pair => pair.Second.message is not null))
            {
                if ((earlier.number, earlier.line).CompareTo((later.number, later.line)) >= 0)
                    Fail($"{later.Id} was told to people before its predecessor");
            }
        }
    }

    /// <returns>Whether all is as promised.</returns>
    public bool Print(string title, TimeSpan took)
    {
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title} ({took.TotalSeconds:F0} s)"));
        foreach (var (name, count) in _counts)
            Console.Out.WriteLine($"  {name,-48}{count,6}");
        foreach (var failure in _failures.Take(MostPrinted))
            Console.Out.WriteLine($"  FAILED: {failure}");
        Console.Out.WriteLine(_failures.Count == 0 ? "  as promised" : $"  {_failures.Count} failures");
        return _failures.Count == 0;
    }

    private void CheckBody(Incident incident, int sequence, Arrival? arrival)
    {
        if (arrival is null)
            return;
        using var body = JsonDocument.Parse(arrival.Body!);
        var type = body.RootElement.GetProperty("type").GetString();
        var of = body.RootElement.GetProperty("data").GetProperty("incident").GetProperty("id").GetString();
        var expected = sequence == 1 ? "incident.opened"
            : sequence == incident.Sequence && incident.ResolvedAt is not null ? "incident.resolved"
            : "incident.reminded";
        if (type != expected || of != incident.Id)
            Fail($"{arrival.Id} says {type} of {of}, not {expected} of {incident.Id}");
    }

    private void CheckIncidents(StoreView store)
    {
        foreach (var incident in store.Incidents.Where(incident => incident.ResolvedAt is null && !MayBeOpen(incident)))
            Fail($"{incident.Id} is open at the end");
        foreach (var kind in store.Incidents.GroupBy(incident => (incident.EndpointId, incident.Kind)))
        {
            var inOrder = kind.OrderBy(incident => incident.OpenedAt).ToList();
            foreach (var (earlier, later) in inOrder.Zip(inOrder.Skip(1)).Where(pair => !(pair.First.ResolvedAt <= pair.Second.OpenedAt)))
                Fail($"{later.Id} opened while {earlier.Id} was open");
        }
    }

    private static string Words(ReceiverAnswer answer) => answer switch
    {
        ReceiverAnswer.Says500 => "answered with 500",
        ReceiverAnswer.Says429 => "answered with 429 and Retry-After",
        ReceiverAnswer.Hangs => "never answered",
        ReceiverAnswer.ResetsBeforeReading => "reset before the body was read",
        ReceiverAnswer.ResetsAfterReading => "reset after the body was read",
        _ => "accepted",
    };
}
