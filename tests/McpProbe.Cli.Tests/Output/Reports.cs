using McpProbe.Cli.Output;
using McpProbe.Endpoints;
using McpProbe.Gate;
using McpProbe.Model;

namespace McpProbe.Cli.Tests.Output;

/// <summary>A report in which everything that comes from elsewhere tries to get out of every format.</summary>
internal static class Reports
{
    public const string Evil = "\u001b[2J\0\u202e</td></table><script>x</script>\r\n\r\n::error::pwn %0A::set-env name=X::y | `x` [a](b) ]]> & \"q\" 'a' \ud83d";

    public static readonly Report Hostile = new("verify", Evil, new DateTimeOffset(2026, 11, 22, 10, 0, 0, 500, TimeSpan.Zero),
    [
        GateCheck.Passed("handshake", Evil) with { Ms = 12.3 },
        GateCheck.Failed("drift", ExitCodes.Drift, Evil),
        GateCheck.Warned("latency", Evil),
        GateCheck.Skipped("smoke", Evil),
    ])
    {
        Changes =
        [
            new Change(ChangeClass.Breaking, "tool-removed", Evil, "/" + Evil, null, null, Evil),
            new Change(ChangeClass.Unknown, "schema-changed", "a", "", null, null, Evil),
            new Change(ChangeClass.Warning, "description-changed", "a", "", null, null, Evil),
            new Change(ChangeClass.Info, "tool-added", null, "", null, null, Evil),
        ],
        Findings = [new Finding(FindingLevel.Hard, "hidden", Evil, "", Evil), new Finding(FindingLevel.Soft, "imperative", "a", "", Evil), new Finding(FindingLevel.Soft, "interop-redirect", null, "handshake", Evil)],
        Specification =
        [
            new Finding(FindingLevel.Soft, "spec-result-type", null, "tools/list", Evil) { Section = "MCP 2026-07-28, Responses", Requirement = Requirement.Must },
            new Finding(FindingLevel.Soft, "spec-external-reference", Evil, "/inputSchema", Evil) { Section = "MCP 2026-07-28, $ref Resolution", Requirement = Requirement.Should },
            new Finding(FindingLevel.Soft, "choice-no-description", "a", "", Evil),
        ],
        File = new SnapshotPlaces("a b/ü:,%.json", """{"tools":[]}"""u8),
    };

    /// <summary>Whether a text holds what could steer a terminal or mislead a reader.</summary>
    public static bool IsClean(string text) => !text.Any(character => character is '\u001b' or '\0' or '\u202e' or '\r');
}
