using McpProbe.Server.Demo;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Server.Tests.Demo;

public class DemoScriptTests
{
    [Theory]
    [InlineData(1, 0, false, false)]
    [InlineData(1, 19.9, false, false)]
    [InlineData(1, 20, true, false)]
    [InlineData(1, 25, true, true)]
    [InlineData(1, 60, false, true)]
    [InlineData(1, 75, false, false)]
    [InlineData(1, 149, false, false)]
    [InlineData(1, 171, true, false)]
    [InlineData(5, 5, true, true)]
    [InlineData(5, 15.5, false, false)]
    public void Script_AtATime_FollowsItsTimetable(double speed, double seconds, bool down, bool drifted)
    {
        var time = new FakeTimeProvider();
        var script = new DemoScript(time, speed);

        time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal((down, drifted), (script.IsDown, script.HasDrifted));
    }
}
