using CsCheck;
using McpProbe.Text;

namespace McpProbe.Tests.Text;

public class DurationsTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("1m", 60_000)]
    [InlineData("24h", 86_400_000)]
    [InlineData("0s", 0)]
    [InlineData("168h", 604_800_000)]
    public void TryParse_Duration_IsItsLength(string text, long ms)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(ms, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10 s")]
    [InlineData("1.5s")]
    [InlineData("-1s")]
    [InlineData("1S")]
    [InlineData("1d")]
    [InlineData("1s\n")]
    [InlineData("169h")]
    [InlineData("999999999h")]
    [InlineData("9999999999s")]
    public void TryParse_SomethingElse_IsNone(string text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void Format_AnyDuration_ReadsBack() => Gen.Long[0, 604_800_000].Sample(ms =>
    {
        Assert.True(Durations.TryParse(Durations.Format(TimeSpan.FromMilliseconds(ms)), out var duration));
        Assert.Equal(ms, duration.TotalMilliseconds);
    });
}
