using McpProbe.Alerts.Deliveries;

namespace McpProbe.Tests.Alerts.Deliveries;

public class RetryScheduleTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Next_NobodyAnswers_TriesForAboutADayThenGivesUp()
    {
        var (at, attempts) = (Now, 1);
        while (RetrySchedule.Next(attempts, at, retryAt: null, jitter: 0) is { } next)
        {
            Assert.True(next > at);
            (at, attempts) = (next, attempts + 1);
        }

        Assert.InRange(at - Now, TimeSpan.FromHours(20), TimeSpan.FromHours(28));
    }

    [Fact]
    public void Next_AfterEachAttempt_IsWhatTheGuideSays() => Assert.Equal(
        // docs/alerts.md, in seconds.
        [5, 15, 45, 120, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 28_800, null],
        Enumerable.Range(1, 13).Select(attempts => (RetrySchedule.Next(attempts, Now, retryAt: null, jitter: 0) - Now)?.TotalSeconds));

    [Theory]
    [InlineData(SendStatus.Delivered, 1, DeliveryStatus.Delivered, false)]
    [InlineData(SendStatus.Retry, 1, DeliveryStatus.Pending, true)]
    [InlineData(SendStatus.Retry, 12, DeliveryStatus.Pending, true)]
    [InlineData(SendStatus.Retry, 13, DeliveryStatus.GaveUp, false)]
    [InlineData(SendStatus.Refused, 1, DeliveryStatus.GaveUp, false)]
    [InlineData(SendStatus.Gone, 1, DeliveryStatus.GaveUp, false)]
    public void Judge_Outcome_IsPendingOnlyWhileItMaySucceed(SendStatus outcome, int attempts, DeliveryStatus expected, bool again)
    {
        var (status, next) = RetrySchedule.Judge(attempts, new SendOutcome(outcome, "no"), Now, jitter: 0);

        Assert.Equal((expected, again), (status, next is not null));
    }

    [Theory]
    [InlineData(1, 0, null, 5)]
    [InlineData(1, 1, null, 6)]
    [InlineData(2, 0, null, 15)]
    [InlineData(1, 0, 2, 5)]
    [InlineData(1, 0, 120, 120)]
    [InlineData(1, 0, 1_000_000, 86_400)]
    public void Next_RetryAfter_IsHonouredUpToADay(int attempts, double jitter, int? retryAfter, double expected)
    {
        var next = RetrySchedule.Next(attempts, Now, retryAfter is { } seconds ? Now.AddSeconds(seconds) : null, jitter);

        Assert.Equal(Now.AddSeconds(expected), next);
    }
}
