using McpProbe.Gate;
using McpProbe.Model;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Gate;

public class StartupWaitTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly List<double> _probedAt = [];
    private readonly List<string> _said = [];
    private double _jitter = 1;

    [Fact]
    public async Task UntilHealthy_HealsLater_PausesLongerEachTime()
    {
        var failures = new Queue<Failure?>([.. Enumerable.Repeat(Refused, 7), null]);

        Assert.Null(await WaitAsync(failures.Dequeue, 120));

        Assert.Equal([0, 0.5, 1.5, 3.5, 7.5, 15.5, 25.5, 35.5], _probedAt);
        Assert.Equal(7, _said.Count);
        Assert.Equal("waiting for it to work: refused: Nobody listens. Next try in 0.5 s, 120 s left of 2m.", _said[0]);
    }

    [Fact]
    public async Task UntilHealthy_LeastJitter_PausesHalfAsLong()
    {
        _jitter = 0;
        var failures = new Queue<Failure?>([Refused, Refused, null]);

        await WaitAsync(failures.Dequeue, 120);

        Assert.Equal([0, 0.25, 0.75], _probedAt);
    }

    [Fact]
    public async Task UntilHealthy_NeverHeals_EndsWithTheTimeAndALastProbe()
    {
        Assert.Same(Refused, await WaitAsync(() => Refused, 2));

        Assert.Equal([0, 0.5, 1.5, 2], _probedAt);
    }

    [Fact]
    public async Task UntilHealthy_NoTimeToWait_ProbesOnce()
    {
        Assert.Same(Refused, await WaitAsync(() => Refused, 0));

        Assert.Equal([0], _probedAt);
        Assert.Empty(_said);
    }

    [Fact]
    public async Task UntilHealthy_RetryAfter_IsHeeded()
    {
        var failures = new Queue<Failure?>([Refused with { RetryAfter = Start.AddSeconds(30) }, null]);

        await WaitAsync(failures.Dequeue, 120);

        Assert.Equal([0, 30], _probedAt);
    }

    [Theory]
    [InlineData(FailureKind.Config)]
    [InlineData(FailureKind.Budget)]
    public async Task UntilHealthy_WhatWaitingCannotHeal_EndsAtOnce(FailureKind kind)
    {
        var failure = new Failure(kind, null, "A header lacks its variable.");

        Assert.Same(failure, await WaitAsync(() => failure, 120));

        Assert.Equal([0], _probedAt);
    }

    [Theory]
    [InlineData(FailureKind.Gated)]
    [InlineData(FailureKind.MissingTool)]
    [InlineData(FailureKind.HttpStatus)]
    [InlineData(FailureKind.SmokeFailed)]
    public async Task UntilHealthy_WhatADeploymentMayHeal_IsTriedAgain(FailureKind kind)
    {
        var failures = new Queue<Failure?>([new Failure(kind, null, "Not yet."), null]);

        Assert.Null(await WaitAsync(failures.Dequeue, 120));

        Assert.Equal(2, _probedAt.Count);
    }

    [Fact]
    public async Task UntilHealthy_Cancelled_EndsWithTheLastProbe()
    {
        using var cancelled = new CancellationTokenSource();
        var wait = new StartupWait(_time, _ => cancelled.CancelAsync(), () => 1);

        var failure = await wait.UntilHealthyAsync(_ => Task.FromResult(Refused), failure => failure, TimeSpan.FromSeconds(120), cancelled.Token);

        Assert.Same(Refused, failure);
    }

    private static readonly Failure Refused = new(FailureKind.Refused, Phase.Connect, "Nobody listens.");

    // Off the test's synchronization context, so that what waits goes on inside Advance and at no later time.
    private Task<Failure?> WaitAsync(Func<Failure?> probe, double seconds) => Task.Run(async () =>
    {
        var wait = new StartupWait(_time, Say, () => _jitter);
        var waiting = wait.UntilHealthyAsync(
            _ =>
            {
                _probedAt.Add((_time.GetUtcNow() - Start).TotalSeconds);
                return Task.FromResult(probe());
            },
            failure => failure,
            TimeSpan.FromSeconds(seconds),
            TestContext.Current.CancellationToken);
        while (!waiting.IsCompleted)
            _time.Advance(TimeSpan.FromMilliseconds(250));
        return await waiting;
    });

    private Task Say(string line)
    {
        _said.Add(line);
        return Task.CompletedTask;
    }
}
