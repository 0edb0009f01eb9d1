using System.Text.RegularExpressions;
using McpProbe.Cli.Output;
using McpProbe.Model;

namespace McpProbe.Cli.Tests.Output;

public partial class ResultTextTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static readonly ProbeResult Healthy = new()
    {
        Target = "https://mcp.example.com/mcp",
        Verdict = Verdict.Healthy,
        Transport = TransportKind.StreamableHttp,
        Era = Era.Handshake,
        ProtocolVersion = "2025-11-25",
        SupportedVersions = ["2025-11-25"],
        Server = new ServerIdentity("mcp-servers/everything", "2.0.0"),
        Catalog = new CatalogSummary(13, 1, "sha256:0123456789abcdef", "sha256:1", "sha256:2", "sha256:3", "sha256:4", ToolCatalog.Formula),
        Conditions = [new ConditionResult("tools-non-empty", true), new ConditionResult("required-tools", true)],
        Timings = new Timings(1, 2, 10, 5, 2, null, 20),
        Certificate = new CertificateInfo("CN=mcp.example.com", "CN=R11", Start.AddDays(63), 63),
        StartedAt = Start,
    };

    [Fact]
    public void Render_Healthy_ShowsVerdictFactsAndPhases()
    {
        Assert.Equal(
            """
            ✔ healthy  https://mcp.example.com/mcp

              server       mcp-servers/everything 2.0.0
              protocol     2025-11-25, handshake era, streamable-http
              catalogue    13 tools on 1 page, sha256:0123456789ab
              conditions   ✔ tools-non-empty, required-tools
              certificate  63 days left (until 2027-01-24 10:00:00 UTC), CN=mcp.example.com, issued by CN=R11
              time         20 ms
                dns              1 ms  ━━━
                connect          2 ms     ━━━━━━━
                tls             10 ms            ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
                handshake        5 ms                                                ━━━━━━━━━━━━━━━━━
                catalog          2 ms                                                                 ━━━━━━━━

            """,
            ResultText.Render(Healthy, default, 100),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void Render_Down_SaysWhyBeforeWhatWasSeen()
    {
        const string Message = "The server answered initialize with 503 Service Unavailable. Look at the server's log; it asks to be tried again later.";
        var result = Healthy with
        {
            Verdict = Verdict.Down,
            Failure = new Failure(FailureKind.HttpStatus, Phase.Handshake, Message, 503, Start.AddSeconds(30.2)),
            Server = null,
            Catalog = null,
            Conditions = [new ConditionResult("said above", false, Message), new ConditionResult("other", false, "Reason.")],
            Certificate = null,
            Timings = new Timings(null, 0.26, null, null, null, null, 1234.56),
        };

        Assert.Equal(
            """
            ✘ down  https://mcp.example.com/mcp

              The server answered initialize with 503 Service Unavailable. Look at the server's
              log; it asks to be tried again later.

              failure      http-status, phase handshake, HTTP 503
              retry after  2026-11-22 10:00:30 UTC, 30 s after this probe
              protocol     2025-11-25, handshake era, streamable-http
              conditions   ✘ said above
                           ✘ other: Reason.
              time         1235 ms
                connect        0.3 ms  ━

            """,
            ResultText.Render(result, default, 86),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void Render_Degraded_ShowsEachBudgetExceededAndWhatHolds()
    {
        var result = Healthy with
        {
            Verdict = Verdict.Degraded,
            Failure = new Failure(FailureKind.Budget, Phase.Handshake, "The server works, outside its budgets: the handshake phase took 5 ms of the 4 ms allowed."),
            Conditions =
            [
                new ConditionResult("tools-non-empty", true),
                new ConditionResult("smoke", true, "The tool asks for input."),
                new ConditionResult("budget-handshake", false, "The handshake phase took 5 ms of the 4 ms allowed."),
                new ConditionResult("budget-total", true),
                new ConditionResult("certificate-days", false, "The TLS certificate has 20 of the 21 days left that are asked for."),
            ],
            Certificate = new CertificateInfo("CN=mcp.example.com", "CN=R11", Start.AddDays(20), 20),
        };

        var text = ResultText.Render(result, new Style(Colour: true), 100);

        Assert.Contains(
            """
              conditions   ✔ tools-non-empty, budget-total
                           ✔ smoke: The tool asks for input.
                           ▲ budget-handshake: The handshake phase took 5 ms of the 4 ms allowed.
                           ▲ certificate-days: The TLS certificate has 20 of the 21 days left that are asked
                             for.
              certificate  20 days left (until 2026-12-12 10:00:00 UTC), CN=mcp.example.com, issued by CN=R11
            """.ReplaceLineEndings("\n"),
            Escapes().Replace(text, ""),
            StringComparison.Ordinal);
        Assert.Contains("\e[33m▲\e[0m budget-handshake", text, StringComparison.Ordinal);
        Assert.Contains("\e[33m20 days left", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\e[33m63 days left", ResultText.Render(Healthy, new Style(Colour: true), 100), StringComparison.Ordinal);
    }

    [GeneratedRegex("\e\\[[0-9]+m")]
    private static partial Regex Escapes();

    [Fact]
    public void Render_ForeignText_CannotSteerTheTerminal()
    {
        const string Evil = "a\u001b[2Jb\r\nc\u202ed\u200be\u0007\u009bf\u2028g";
        var result = Healthy with
        {
            Target = Evil,
            Verdict = Verdict.Down,
            Failure = new Failure(FailureKind.RpcError, null, Evil) { Challenge = Evil },
            ProtocolVersion = Evil,
            SupportedVersions = [Evil, Evil],
            Server = new ServerIdentity(Evil, Evil),
            Conditions = [new ConditionResult(Evil, false, Evil)],
            Findings = [new Finding(FindingLevel.Hard, Evil, Evil, Evil, Evil)],
            Certificate = new CertificateInfo(Evil, Evil, Start, -1),
        };

        var text = ResultText.Render(result, default, 100);

        Assert.Contains("a[2Jb cdef g", text.Split('\n')[0], StringComparison.Ordinal);
        Assert.DoesNotContain(text, character => character is '\u001b' or '\r' or '\u202e' or '\u200b' or '\a' or '\u009b' or '\u2028');
    }

    [Theory]
    [InlineData(Verdict.Healthy, "\e[1m\e[32m✔ healthy\e[0m")]
    [InlineData(Verdict.Degraded, "\e[1m\e[33m▲ degraded\e[0m")]
    [InlineData(Verdict.Gated, "\e[1m\e[33m◆ gated\e[0m")]
    [InlineData(Verdict.Down, "\e[1m\e[31m✘ down\e[0m")]
    [InlineData(Verdict.Unknown, "\e[1m\e[36m? unknown\e[0m")]
    public void Render_OnAColourTerminal_ColoursTheVerdict(Verdict verdict, string expected) =>
        Assert.StartsWith(expected, ResultText.Render(Healthy with { Verdict = verdict }, new Style(Colour: true), 100), StringComparison.Ordinal);
}
