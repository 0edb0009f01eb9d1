using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Senders;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Alerts.Senders;

public class ResilientSenderTests
{
    private static readonly Destination Host = new("hooks.example.com", 443, TimeSpan.FromSeconds(15));
    private static readonly Attempt Failed = new(SendOutcome.Retry("answered 500"), Transient: true);

    private readonly FakeTimeProvider _time = new(Alerting.Now);
    private int _attempts;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Sends, and lets time pass for as long as the sender waits for it.</summary>
    private async Task<SendOutcome> SendAsync(ResilientSender sender, Func<CancellationToken, Task<Attempt>> attempt)
    {
        var sending = sender.SendAsync(
            Host,
            token =>
            {
                Interlocked.Increment(ref _attempts);
                return attempt(token);
            },
            Token);
        while (!sending.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }

        return await sending;
    }

    private static async Task<Attempt> NeverAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        return Failed;
    }

    [Fact]
    public async Task Send_NoAnswer_EndsAfterItsTimeAndIsNotRepeatedHere()
    {
        var outcome = await SendAsync(new ResilientSender(_time), NeverAsync);

        Assert.Equal(SendOutcome.Retry("hooks.example.com did not answer within 15 s"), outcome);
        Assert.Equal(1, _attempts);
        Assert.True(_time.GetUtcNow() - Alerting.Now >= TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task Send_FailsAgainAndAgain_LeavesTheDestinationAloneUntilTheBreakIsOver()
    {
        var sender = new ResilientSender(_time);
        for (var i = 0; i < 4; i++)
            await SendAsync(sender, _ => Task.FromResult(Failed));
        var before = _attempts;

        var held = await SendAsync(sender, _ => Task.FromResult(new Attempt(SendOutcome.Delivered)));
        Assert.Equal((SendStatus.Retry, true, before), (held.Status, held.NotTried, _attempts));
        Assert.Contains("left alone", held.Error, StringComparison.Ordinal);

        _time.SetUtcNow(held.RetryAt!.Value.AddSeconds(1));
        Assert.Equal(SendOutcome.Delivered, await SendAsync(sender, _ => Task.FromResult(new Attempt(SendOutcome.Delivered))));
        Assert.Equal(SendOutcome.Delivered, await SendAsync(sender, _ => Task.FromResult(new Attempt(SendOutcome.Delivered))));
    }

    [Fact]
    public async Task Send_RefusedAgainAndAgain_IsTheMessagesFaultNotTheDestinations()
    {
        var sender = new ResilientSender(_time);
        for (var i = 0; i < 20; i++)
            Assert.Equal(SendStatus.Refused, (await SendAsync(sender, _ => Task.FromResult(new Attempt(SendOutcome.Refused("answered 400"))))).Status);

        Assert.Equal(20, _attempts);
    }

    [Fact]
    public async Task Send_Cancelled_IsNoOutcome()
    {
        using var stop = new CancellationTokenSource();
        var sending = new ResilientSender(_time).SendAsync(Host, NeverAsync, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }
}
