using McpProbe.Gate;
using McpProbe.Model;

namespace McpProbe.Tests.Gate;

public class DriftJudgeTests
{
    private static readonly Finding Note = new(FindingLevel.Soft, "interop-redirect", null, "handshake", "The server redirects.");
    private static readonly Finding Soft = new(FindingLevel.Soft, "pushy-instruction", "echo", "/description", "It pushes.");
    private static readonly Finding Hard = new(FindingLevel.Hard, "tag-character", "echo", "/description", "It hides.");

    [Fact]
    public void Findings_NotesOnOtherClients_AreSaidAndFailNothing()
    {
        (Finding[] Findings, Finding[] Known, CheckStatus Status, string Says)[] steps =
        [
            ([Note], [], CheckStatus.Passed, "no suspicious text; 1 note on other clients; first: interop-redirect"),
            ([Soft, Note], [], CheckStatus.Warned, "1 soft finding to review; first: pushy-instruction"),
            ([Soft, Note], [Soft], CheckStatus.Passed, "1 finding, all of them in the baseline; 1 note"),
            ([Hard, Note, Note with { Path = "tools/list" }], [], CheckStatus.Failed, "2 notes on other clients"),
        ];
        foreach (var (findings, known, status, says) in steps)
        {
            var check = DriftJudge.Findings(findings, known);

            Assert.Equal(status, check.Status);
            Assert.Contains(says, check.Detail, StringComparison.Ordinal);
            Assert.DoesNotContain(DriftJudge.New(findings, known), finding => finding.IsInterop);
        }
    }
}
