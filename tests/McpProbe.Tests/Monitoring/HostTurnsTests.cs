using McpProbe.Monitoring.Prober;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

public class HostTurnsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly HostTurns _turns;

    public HostTurnsTests() => _turns = new HostTurns(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<IDisposable?> EnterAsync(string url, CancellationToken? token = null) => _turns.EnterAsync(new Uri(url), token ?? Token);

    [Fact]
    public async Task Enter_OneHost_IsOneAfterTheOther()
    {
        var first = await EnterAsync("https://a.example.com/1");
        var second = EnterAsync("https://A.example.com:8443/2");
        using var other = await EnterAsync("https://b.example.com/");
        Assert.NotNull(other);
        Assert.False(second.IsCompleted);

        first!.Dispose();
        first.Dispose();

        using var turn = await second;
        Assert.NotNull(turn);
        Assert.False(EnterAsync("https://a.example.com/3").IsCompleted);
    }

    [Fact]
    public async Task Enter_BusyForTooLong_GivesUp()
    {
        using var first = await EnterAsync("https://a.example.com/1");
        var second = EnterAsync("https://a.example.com/2");

        _time.Advance(TimeSpan.FromSeconds(61));

        Assert.Null(await second);
    }

    [Fact]
    public async Task Enter_Cancelled_LeavesTheLineInOrder()
    {
        var first = await EnterAsync("https://a.example.com/1");
        using var stop = new CancellationTokenSource();
        var second = EnterAsync("https://a.example.com/2", stop.Token);
        await stop.CancelAsync();
        Assert.Null(await second);

        first!.Dispose();

        using var third = await EnterAsync("https://a.example.com/3");
        Assert.NotNull(third);
    }

    [Fact]
    public async Task Enter_ManyAtOnce_AllComeToTheirTurnAndNeverTwoTogether()
    {
        var (inside, most, visits) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(
            async () =>
            {
                using var turn = await EnterAsync($"https://a.example.com/{i}");
                Assert.NotNull(turn);
                most = Math.Max(most, Interlocked.Increment(ref inside));
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                Interlocked.Increment(ref visits);
            }, Token)));

        Assert.Equal((1, 200), (most, visits));
    }
}
