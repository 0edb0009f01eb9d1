using McpProbe.Alerts.Deliveries;
using McpProbe.CrashTest.Truth;
using McpProbe.Model;

namespace McpProbe.CrashTest.Tests;

/// <summary>The judge of the crash test is itself able to say no.</summary>
public sealed class ComparisonTests
{
    private const string Id = "a_outage_20261122T100000000Z";
    private static readonly DateTimeOffset At = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);
    private static readonly Incident Resolved = new(
        Id, "a", IncidentKind.Outage, At, At.AddMinutes(2), "successes-in-a-row", Sequence: 2, "answered 503");

    [Fact]
    public void Compare_AllAsPromised_FindsNothing() => Assert.Empty(Failures(Arrives(1, 1), Arrives(2, 3)));

    [Fact]
    public void Compare_RepeatBeforeTheRecord_FindsNothing() =>
        Assert.Empty(Failures(Arrives(1, 1), Arrives(1, 3), Arrives(2, 5)));

    [Fact]
    public void Compare_OneNeverAccepted_IsLost() =>
        Says("never accepted it", Arrives(1, 1), Arrives(2, 3, ReceiverAnswer.Says500));

    [Fact]
    public void Compare_SecondBeforeTheFirstIsAccepted_IsOutOfOrder() =>
        Says("before its predecessor", Arrives(1, 1, ReceiverAnswer.Says500), Arrives(2, 3), Arrives(1, 5));

    [Fact]
    public void Compare_RepeatAfterTheRecord_IsForbidden() =>
        Says("after its confirmation had been recorded", recordedUntil: 4, Arrives(1, 1), Arrives(2, 3), Arrives(1, 5));

    [Fact]
    public void Compare_RepeatWithAnotherBody_IsFound() =>
        Says("different bodies", Arrives(1, 1), Arrives(1, 3) with { Body = Body("opened").Replace("true", "false", StringComparison.Ordinal) }, Arrives(2, 5));

    [Fact]
    public void Compare_ToldFromMemoryThatADeathTook_MayBeToldAnewAndOnlyThen()
    {
        Arrival[] arrivals = [Arrives(1, 1), Arrives(2, 3) with { Body = Body("reminded") }, Arrives(2, 5)];

        Assert.Empty(Failures([Resolved], 0, arrival => arrival.Number == 3, arrivals));
        Assert.Contains(Failures([Resolved], 0, arrival => arrival.Number == 1, arrivals), failure => failure.Contains("different bodies", StringComparison.Ordinal));
        Assert.Empty(Failures([Resolved], 0, arrival => arrival.Number == 5, Arrives(1, 1), Arrives(2, 3), Arrives(3, 5)));
    }

    [Fact]
    public void Compare_WrongSignature_IsFound() => Says("wrong signature", Arrives(1, 1) with { Signed = false }, Arrives(2, 3));

    [Fact]
    public void Compare_NeverCommitted_IsFound() => Says("knows of no such transition", Arrives(1, 1), Arrives(2, 3), Arrives(3, 5));

    [Fact]
    public void Compare_SaysAnotherType_IsFound() =>
        Says("not incident.resolved", Arrives(1, 1), Arrives(2, 3) with { Body = Body("reminded") });

    [Fact]
    public void Compare_TwoOpenAtOnce_IsFound()
    {
        var second = Resolved with { Id = "a_outage_20261122T100100000Z", OpenedAt = At.AddMinutes(1) };

        Assert.Contains(Failures([Resolved, second], 0, Arrives(1, 1), Arrives(2, 3)), failure => failure.Contains("opened while", StringComparison.Ordinal));
    }

    [Fact]
    public void Compare_StillOpen_IsFound() =>
        Assert.Contains(
            Failures([Resolved with { ResolvedAt = null, Sequence = 1 }], 0, Arrives(1, 1)),
            failure => failure.Contains("is open at the end", StringComparison.Ordinal));

    private static void Says(string words, params Arrival[] arrivals) => Says(words, recordedUntil: 0, arrivals);

    private static void Says(string words, int recordedUntil, params Arrival[] arrivals) =>
        Assert.Contains(Failures([Resolved], recordedUntil, arrivals), failure => failure.Contains(words, StringComparison.Ordinal));

    private static IReadOnlyList<string> Failures(params Arrival[] arrivals) => Failures([Resolved], 0, arrivals);

    private static IReadOnlyList<string> Failures(IReadOnlyList<Incident> incidents, int recordedUntil, params Arrival[] arrivals) =>
        Failures(incidents, recordedUntil, _ => false, arrivals);

    private static IReadOnlyList<string> Failures(
        IReadOnlyList<Incident> incidents, int recordedUntil, Func<Arrival, bool> mayBeForgotten, params Arrival[] arrivals)
    {
        var deliveries = Enumerable.Range(1, 2).Select(sequence => new Delivery(
            IncidentIds.OfTransition(Id, sequence), Id, sequence, "ops", DeliveryStatus.Delivered, 1, null, null, At));
        var recorded = recordedUntil == 0
            ? new Dictionary<string, int>()
            : new Dictionary<string, int> { [IncidentIds.OfTransition(Id, 1)] = recordedUntil };
        var comparison = new Comparison { MayBeForgotten = mayBeForgotten };
        comparison.Compare(new StoreView(incidents, [.. deliveries], []), arrivals, recorded);
        return comparison.Failures;
    }

    // Answered at once: the next number.
    private static Arrival Arrives(int sequence, int number, ReceiverAnswer answer = ReceiverAnswer.Accepts) =>
        new(number, At, IncidentIds.OfTransition(Id, sequence), Body(sequence == 1 ? "opened" : "resolved"), true, answer) { Answered = number + 1 };

    private static string Body(string type) =>
        $$$"""{"type":"incident.{{{type}}}","data":{"incident":{"id":"{{{Id}}}"},"first":true}}""";
}
