using McpProbe.Alerts;

namespace McpProbe.Tests.Alerts;

public class AlertTextTests
{
    [Fact]
    public void Of_Opened_SaysWhatIsWrongSinceWhenAndWhere()
    {
        var text = AlertText.Of(Alerting.Transition(), new Uri("https://probe.example.com"));

        Assert.Equal("Every <thing>: outage opened", text.Subject);
        Assert.Contains("nobody listens there", text.Body, StringComparison.Ordinal);
        Assert.Contains("2026-11-22 10:00:00Z", text.Body, StringComparison.Ordinal);
        Assert.Contains("https://probe.example.com/endpoints/every.thing", text.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Resolved:", text.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_Resolved_SaysWhen() => Assert.Contains(
        "Resolved: 2026-11-22 10:05:00Z", AlertText.Of(Alerting.Transition(2), pages: null).Body, StringComparison.Ordinal);

    [Theory]
    [InlineData("a\r\nBcc: x@example.com")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u2028b")]
    [InlineData("a\0b")]
    public void Of_HostileName_StaysOneLineOfVisibleText(string name)
    {
        var transition = Alerting.Transition();
        var text = AlertText.Of(transition with { Endpoint = transition.Endpoint with { Name = name } }, pages: null);

        Assert.DoesNotContain(text.Subject, char.IsControl);
        Assert.DoesNotContain('\u202E', text.Subject + text.Body);
        Assert.DoesNotContain(text.Body.Split('\n'), line => line.StartsWith("Bcc", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_LongName_HasASubjectOfBoundedLength()
    {
        var transition = Alerting.Transition();

        Assert.Equal(200, AlertText.Of(transition with { Endpoint = transition.Endpoint with { Name = new string('x', 500) } }, null).Subject.Length);
    }
}
