using System.Globalization;
using CsCheck;
using McpProbe.Monitoring.Connectivity;

namespace McpProbe.Tests.Monitoring.Connectivity;

/// <summary>A step is a host and whether it answered (<c>a+ b-</c>), or seconds that pass.</summary>
public class ConnectivityWindowTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    // One host alone is a server that is down, however often it is probed.
    [InlineData("a-", false)]
    [InlineData("a- 5 a- 5 a- 5 a-", false)]
    [InlineData("a- b-", true)]
    // Half of all, by the last outcome of each.
    [InlineData("a+ b+ c- d-", true)]
    [InlineData("a+ b+ c+ d- e-", false)]
    [InlineData("a+ b+ a- b-", true)]
    [InlineData("a- b- a+ b+ c-", false)]
    // The last three in a row, however many answered before.
    [InlineData("a+ b+ c+ d+ e+ f+ g+ a- b- c-", true)]
    [InlineData("a+ b+ c+ d+ e+ f+ g+ a- b- g+ c-", false)]
    [InlineData("a+ b+ c+ d+ e+ f+ g+ a- b- a- b-", false)]
    // Only the last minute counts.
    [InlineData("a+ b+ c+ 61 d- e-", true)]
    [InlineData("d- e- 61 a-", false)]
    [InlineData("d- 30 e- 31 a+ b+", false)]
    [InlineData("a- 30 b+ 30 b-", false)]
    [InlineData("a- 30 a+ 31 b- c-", true)]
    [InlineData("a+ b+ c+ d+ e+ f- 40 g- 21 a+ b+ c+ d+ e+ h-", false)]
    public void IsSuspect_AfterSteps_SaysWhetherTheNetworkMayBeGone(string steps, bool expected) =>
        Assert.Equal(expected, Run(steps).IsSuspect);

    [Fact]
    public void Counts_AfterAnySteps_AreThoseOfTheLastMinute() =>
        Gen.Select(Gen.Int[0, 5], Gen.Bool, Gen.Int[0, 40]).List[0, 60].Sample(steps =>
        {
            var (window, now) = (new ConnectivityWindow(), Start);
            var last = new Dictionary<string, (DateTimeOffset At, bool Answered)>();
            foreach (var (host, answered, seconds) in steps)
            {
                now = now.AddSeconds(seconds);
                window.Add($"{host}", answered, now);
                last[$"{host}"] = (now, answered);
                var fresh = last.Values.Where(each => each.At > now - ConnectivityWindow.Span).ToList();
                Assert.Equal((fresh.Count, fresh.Count(each => !each.Answered)), (window.Hosts, window.Silent));
            }
        });

    private static ConnectivityWindow Run(string steps)
    {
        var (window, now) = (new ConnectivityWindow(), Start);
        foreach (var step in steps.Split(' '))
        {
            if (char.IsDigit(step[0]))
                now = now.AddSeconds(int.Parse(step, CultureInfo.InvariantCulture));
            else
                window.Add(step[..1], step[1] == '+', now);
        }

        return window;
    }
}
