using System.Net;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Web.Tests;

/// <summary>Wrong keys are answered later and later; a right one never waits.</summary>
public sealed class WrongKeyTests
{
    private readonly string[] _addresses = [.. Enumerable.Range(0, 200).Select(i => $"2001:db8:{i:x}::7")];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WrongKeys_OfOneAddress_AreAnsweredLaterAndLaterAndTheRightOneAtOnce(bool byForm)
    {
        await using var head = await StartAsync();
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, await head.WrongAsync("10.0.0.1", byForm));

        foreach (var seconds in new[] { 1, 2, 4, 8, 8, 8 })
        {
            await AssertAnsweredAfterAsync(head, () => head.WrongAsync("10.0.0.1", byForm), seconds);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await head.WrongAsync("10.0.0.2", byForm));
        // Long enough after, a person mistypes again.
        head.Head.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(HttpStatusCode.Unauthorized, await head.WrongAsync("10.0.0.1", byForm));
    }

    [Fact]
    public async Task WrongKeys_AtOnceOfOneAddress_AreRefusedBeyondThoseThatWait()
    {
        await using var head = await StartAsync();
        for (var i = 0; i < 5; i++)
            await head.WrongAsync("10.0.0.1");
        var before = head.Time.Waits;
        var answers = Enumerable.Range(0, 9).Select(_ => head.SendWrongAsync("10.0.0.1")).ToList();
        var first = await Task.WhenAny(answers);
        using var refused = await first;

        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 8);
        var problem = await ApiTests.ProblemAsync(refused, 429);
        Assert.Contains("A right key is answered at once", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await head.RightAsync("10.0.0.1"));
        using var form = new FormUrlEncodedContent([new("key", WebHead.Key)]);
        using var signedIn = await head.Head.SendAsync(HttpMethod.Post, "/sign-in", form, ("X-Peer", "10.0.0.1"));
        Assert.Equal(HttpStatusCode.SeeOther, signedIn.StatusCode);

        await Eventually.TrueAsync(() => head.Time.Waits == before + 8, "the others wait");
        head.Head.Time.Advance(TimeSpan.FromSeconds(8));
        answers.Remove(first);
        foreach (var answer in answers)
        {
            using var waited = await answer.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, waited.StatusCode);
        }
    }

    [Fact]
    public async Task WrongKeys_OfManyAddresses_AreSlowedOverAll()
    {
        await using var head = await StartAsync();
        foreach (var address in _addresses.Take(60))
            Assert.Equal(HttpStatusCode.Unauthorized, await head.WrongAsync(address));

        await AssertAnsweredAfterAsync(head, () => head.WrongAsync(_addresses[100]), 1);
    }

    // One who has an IPv6 network has all its addresses.
    [Fact]
    public async Task WrongKeys_OfOneNetwork_CountTogether()
    {
        await using var head = await StartAsync();
        for (var i = 0; i < 5; i++)
            await head.WrongAsync($"2001:db8::{i}");
        await AssertAnsweredAfterAsync(head, () => head.WrongAsync("2001:db8::1234"), 1);
    }

    [Fact]
    public async Task WrongKeys_ManyInAMinute_LeaveALineOrTwo()
    {
        await using var head = await StartAsync();
        foreach (var address in _addresses.Take(50))
            await head.WrongAsync(address);
        Assert.Equal(
            "A wrong key was refused, 1 since the last line like this one; the last came from 2001:db8::7", Assert.Single(head.Head.Log.Of("WrongKeys")));
        head.Head.Time.Advance(TimeSpan.FromMinutes(1));
        await head.WrongAsync("10.0.0.1");
        Assert.Equal(
            "A wrong key was refused, 50 since the last line like this one; the last came from 10.0.0.1", head.Head.Log.Of("WrongKeys")[1]);
    }

    private static async Task<HttpStatusCode> StatusAsync(Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        return response.StatusCode;
    }

    /// <summary>It waits until that time has gone by, and no shorter.</summary>
    private static async Task AssertAnsweredAfterAsync(Callers head, Func<Task<HttpStatusCode>> ask, int seconds)
    {
        var before = head.Time.Waits;
        var answer = ask();
        await Eventually.TrueAsync(() => head.Time.Waits > before, "the answer waits");
        head.Head.Time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        // Meanwhile the right one passes, from any address.
        Assert.Equal(HttpStatusCode.OK, await head.RightAsync("10.0.0.1"));
        Assert.False(answer.IsCompleted);
        head.Head.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await answer.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    private static async Task<Callers> StartAsync()
    {
        var callers = new Callers();
        callers.Head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key, ReadKey = WebHead.ReadKey }, before: Arrive, time: callers.Time);
        return callers;
    }

    private static void Arrive(Microsoft.AspNetCore.Http.HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress = IPAddress.Parse(request.Headers["X-Peer"].ToString());

    /// <summary>Counts the answers that were made to wait. (Five seconds is how long an audit line may take.)</summary>
    private sealed class CountedWaits() : FakeTimeProvider(Samples.Now)
    {
        private int _waits;

        public int Waits => Volatile.Read(ref _waits);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime.TotalSeconds is 1 or 2 or 4 or 8)
                Interlocked.Increment(ref _waits);
            return timer;
        }
    }

    /// <summary>Requests from addresses that the test names.</summary>
    private sealed class Callers : IAsyncDisposable
    {
        public CountedWaits Time { get; } = new();

        public WebHead Head { get; set; } = null!;

        public Task<HttpResponseMessage> SendWrongAsync(string address) =>
            Head.GetAsync("/api/endpoints", ("X-Peer", address), ("X-Api-Key", "a wrong key that is long"));

        public async Task<HttpStatusCode> WrongAsync(string address, bool byForm = false)
        {
            if (!byForm)
                return await StatusAsync(SendWrongAsync(address));
            using var form = new FormUrlEncodedContent([new("key", "a wrong key that is long")]);
            using var response = await Head.SendAsync(HttpMethod.Post, "/sign-in", form, ("X-Peer", address));
            return response.StatusCode;
        }

        public async Task<HttpStatusCode> RightAsync(string address)
        {
            using var response = await Head.GetAsync("/api/endpoints", ("X-Peer", address), ("X-Api-Key", WebHead.ReadKey));
            return response.StatusCode;
        }

        public ValueTask DisposeAsync() => Head.DisposeAsync();
    }
}
