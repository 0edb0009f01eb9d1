using McpProbe.Server.Scheduling;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Server.Tests.Scheduling;

public class ProbeLimitTests
{
    /// <summary>A step is what the process looks like while probes wait: <c>i</c>dle, <c>s</c>omewhat busy, <c>b</c>usy, or full of <c>m</c>emory.</summary>
    [Theory]
    [InlineData("i", 80, "servers are slow: a quarter more")]
    [InlineData("i i i i i i i i i i i i i i i i", 1000, "up to the most")]
    [InlineData("s s s", 64, "neither this nor that changes nothing")]
    [InlineData("b b", 64, "never below the least")]
    [InlineData("i i i b", 94, "a process that cannot keep up takes fewer")]
    [InlineData("m m", 64, "answers that fill the memory are not asked for more")]
    [InlineData("i i i m", 94, "and fewer at once")]
    [InlineData("b b b i i", 100, "what was is not remembered")]
    public void Adapt_ByWhatTheProcessDoes_Follows(string steps, int limit, string because)
    {
        var time = new FakeTimeProvider();
        var (busy, heap, current) = (0.0, 0L, 64);
        var tested = new ProbeLimit(64, 1000, () => (long)(busy * current), () => heap, time);

        foreach (var step in steps.Split(' '))
        {
            (busy, heap) = (step switch { "b" => 0.9, "s" => 0.3, _ => 0 }, step == "m" ? ProbeLimit.MuchMemory + 1 : 0);
            time.Advance(TimeSpan.FromSeconds(1));
            tested.Adapt();
            current = tested.Current;
        }

        Assert.True(limit == current, $"{because}: {current}");
    }

    [Fact]
    public void Adapt_CalledOftenInAMoment_ChangesOnce()
    {
        var tested = new ProbeLimit(64, 1000, () => 0, () => 0, new FakeTimeProvider());

        for (var call = 0; call < 100; call++)
            tested.Adapt();

        Assert.Equal(80, tested.Current);
    }
}
