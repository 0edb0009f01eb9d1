using McpProbe.Endpoints;
using McpProbe.Imports;
using McpProbe.Model;

namespace McpProbe.Tests.Imports;

public class ContradictionTests
{
    [Theory]
    [InlineData("weather", "1.2.0", TransportKind.StreamableHttp, "")]
    [InlineData("Weather Server", "v1.2.0", TransportKind.StreamableHttp, "")]
    [InlineData("com.example/weather", "1.2.0", TransportKind.StreamableHttp, "")]
    [InlineData("weather", "1.3.0", TransportKind.StreamableHttp, "listed as version 1.2.0, and says that it is 1.3.0")]
    [InlineData("maps", "1.2.0", TransportKind.StreamableHttp, "listed as com.example/weather, and calls itself maps")]
    [InlineData("weather", "1.2.0", TransportKind.HttpSse, "listed with streamable-http, and speaks http+sse")]
    [InlineData("weather", "1\u001b[2J", TransportKind.StreamableHttp, "listed as version 1.2.0, and says that it is 1[2J")]
    public void Of_ServerThatAnswers_ComparesWhatIsListed(string name, string version, TransportKind transport, string expected) => Assert.Equal(
        expected, string.Join("; ", Contradictions.Of(Listed(ListingStatus.Active), Result(Verdict.Healthy) with { Server = new ServerIdentity(name, version), Transport = transport })));

    [Theory]
    [InlineData(ListingStatus.Active, Verdict.Healthy, "")]
    [InlineData(ListingStatus.Active, Verdict.Gated, "")]
    [InlineData(ListingStatus.Active, Verdict.Unknown, "")]
    [InlineData(ListingStatus.Active, Verdict.Down, "listed as active, and is down (refused)")]
    [InlineData(ListingStatus.Deprecated, Verdict.Healthy, "listed as deprecated, and works")]
    [InlineData(ListingStatus.Deprecated, Verdict.Down, "")]
    public void Of_Status_IsComparedWithTheVerdict(ListingStatus status, Verdict verdict, string expected) => Assert.Equal(
        expected, string.Join("; ", Contradictions.Of(Listed(status), Result(verdict) with { Failure = verdict is Verdict.Down ? new Failure(FailureKind.Refused, Phase.Connect, "") : null })));

    private static Endpoint Listed(ListingStatus status) => new()
    {
        Id = "com.example.weather",
        Url = new Uri("https://weather.example.com/mcp"),
        Transport = TransportChoice.Http,
        Imported = new Imported("official", "com.example/weather") { Version = "1.2.0", Status = status },
    };

    private static ProbeResult Result(Verdict verdict) => new() { Target = "x", Verdict = verdict, Timings = new Timings(null, null, null, null, null, null, 1), StartedAt = default };
}
