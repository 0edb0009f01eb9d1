using System.Collections.Concurrent;
using McpProbe.Alerts.Deliveries;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace McpProbe.Alerts.Senders;

/// <summary>
/// Sends for every channel alike: each attempt has its time, what a moment cures is tried once more, and a destination that fails
/// again and again is left alone for a while. Everything longer is the delivery's own schedule.
/// </summary>
internal sealed class ResilientSender(TimeProvider time)
{
    /// <summary>A receiver that asks for a longer wait than this is not waited for here.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan UsualWait = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a destination is left alone. At half-open, while one send tries it, the others wait as long as the shortest.</summary>
    private static readonly TimeSpan Break = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ShortestBreak = TimeSpan.FromSeconds(5);

    private const int FailuresThatBreak = 5;

    // As many as there are hosts in the channels' addresses.
    private readonly ConcurrentDictionary<Destination, ResiliencePipeline<Attempt>> _pipelines = new();

    /// <param name="attempt">Sends once. What it throws but for cancellation is a fault of the program, and is passed on.</param>
    internal async Task<SendOutcome> SendAsync(
        Destination destination, Func<CancellationToken, Task<Attempt>> attempt, CancellationToken cancellationToken)
    {
        var tried = false;
        try
        {
            var last = await _pipelines.GetOrAdd(destination, PipelineOf).ExecuteAsync(
                async token =>
                {
                    tried = true;
                    return await attempt(token);
                },
                cancellationToken);
            return last.Outcome;
        }
        catch (TimeoutRejectedException)
        {
            return SendOutcome.Retry($"{destination.Host} did not answer within {destination.Timeout.TotalSeconds} s");
        }
        catch (BrokenCircuitException open)
        {
            var wait = open.RetryAfter > ShortestBreak ? open.RetryAfter.Value : ShortestBreak;
            return SendOutcome.Retry(
                $"{destination.Host} failed {FailuresThatBreak} times within a minute and is left alone for a moment", time.GetUtcNow() + wait)
                with
            { NotTried = !tried };
        }
    }

    private ResiliencePipeline<Attempt> PipelineOf(Destination destination) =>
        new ResiliencePipelineBuilder<Attempt> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<Attempt>
            {
                // A time-out is not repeated: the receiver may be at work on the message, and others wait behind it.
                ShouldHandle = new PredicateBuilder<Attempt>().HandleResult(each =>
                    each.RetryAfter is { } wait ? wait <= LongestWait : each.Transient),
                MaxRetryAttempts = 1,
                Delay = UsualWait,
                UseJitter = true,
                DelayGenerator = each => ValueTask.FromResult(each.Outcome.Result?.RetryAfter),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Attempt>
            {
                ShouldHandle = new PredicateBuilder<Attempt>().Handle<TimeoutRejectedException>().HandleResult(each => each.Transient),
                FailureRatio = 0.9,
                MinimumThroughput = FailuresThatBreak,
                SamplingDuration = TimeSpan.FromMinutes(1),
                BreakDuration = Break,
            })
            .AddTimeout(destination.Timeout)
            .Build();
}

/// <summary>Whom a channel sends to. The host is all that messages name: the rest of an address may be a secret.</summary>
/// <param name="Timeout">Of one attempt.</param>
internal sealed record Destination(string Host, int Port, TimeSpan Timeout);

/// <param name="Transient">The destination itself failed (no connection, 5xx), so that another moment may be better.</param>
/// <param name="RetryAfter">What the receiver asked for.</param>
internal sealed record Attempt(SendOutcome Outcome, bool Transient = false, TimeSpan? RetryAfter = null);
