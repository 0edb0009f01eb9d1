using McpProbe.Drift.Findings;
using McpProbe.Model;

namespace McpProbe.Tests.Drift.Findings;

public class FindingListTests
{
    private static void Add(FindingList findings, FindingLevel level, int from, int to, FindingRule? rule = null)
    {
        for (var i = from; i < to; i++)
            findings.Add(rule ?? FindingRules.Padding, level, "t", $"/{i}", ".");
    }

    // The number of hard ones and of soft ones, and the level of the notice that there are more.
    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(20, 20, null)]
    [InlineData(21, 0, FindingLevel.Hard)]
    [InlineData(0, 21, FindingLevel.Soft)]
    [InlineData(21, 21, FindingLevel.Hard)]
    public void Sorted_TooMany_AreTwentyOfEachLevelAndANotice(int hard, int soft, FindingLevel? more)
    {
        var findings = new FindingList();
        Add(findings, FindingLevel.Soft, 0, soft);
        Add(findings, FindingLevel.Hard, 100, 100 + hard);

        var sorted = findings.Sorted();

        string[] expected =
        [
            .. Enumerable.Repeat("padding hard", Math.Min(hard, 20)), .. more is FindingLevel.Hard ? ["more-findings hard"] : Array.Empty<string>(),
            .. Enumerable.Repeat("padding soft", Math.Min(soft, 20)), .. more is FindingLevel.Soft ? ["more-findings soft"] : Array.Empty<string>(),
        ];
        Assert.Equal(expected, sorted.Select(finding => $"{finding.Rule} {finding.Level.ToString().ToLowerInvariant()}"));
        Assert.All(sorted.Where(finding => finding.Rule == "more-findings"), finding =>
        {
            Assert.Equal(("", null), (finding.Path, finding.Tool));
            Assert.Equal("The catalogue has more findings than are shown; see to these first, then probe again.", finding.Message);
        });
    }

    // A hard one that was left out is told, whichever was left out first.
    [Fact]
    public void Sorted_HardLeftOutAfterSoft_SaysHard()
    {
        var findings = new FindingList();
        Add(findings, FindingLevel.Soft, 0, 30);
        Add(findings, FindingLevel.Hard, 0, 30, FindingRules.ForgedRole);
        Add(findings, FindingLevel.Soft, 0, 30);

        Assert.Equal(FindingLevel.Hard, Assert.Single(findings.Sorted(), finding => finding.Rule == "more-findings").Level);
    }

    [Fact]
    public void Add_TheSamePlaceAgain_IsOneFinding()
    {
        var findings = new FindingList();
        Add(findings, FindingLevel.Soft, 0, 2);
        Add(findings, FindingLevel.Soft, 0, 2);
        Add(findings, FindingLevel.Soft, 0, 1, FindingRules.SoftHyphen);
        findings.Add(FindingRules.Padding, FindingLevel.Soft, "u", "/0", ".");

        Assert.Equal(["padding t /0", "padding t /1", "soft-hyphen t /0", "padding u /0"], findings.Sorted().Select(finding => $"{finding.Rule} {finding.Tool} {finding.Path}"));
    }

    [Fact]
    public void Add_Finding_SaysWhereWhatAndWhatToDo()
    {
        var findings = new FindingList();
        findings.Add(FindingRules.ForgedRole, FindingLevel.Hard, "t", "/description", ": 'x'.");
        findings.Add(FindingRules.Padding, FindingLevel.Soft, null, "", ".");
        findings.SetUnread(0, 100);
        findings.Add(FindingRules.SoftHyphen, FindingLevel.Soft, "t", "/" + new string('a', 300), ".");

        var sorted = findings.Sorted();
        Assert.Equal(3, sorted.Count);
        Assert.Equal("'/description' pretends to be a message of the system or of another role: 'x'. Let no agent use the server until a person has read the whole text.", sorted[0].Message);
        Assert.Equal("The catalogue holds so much white space that the text after it may be out of sight. Have a look at it.", sorted[1].Message);
        Assert.Equal($"/{new string('a', 255)}…", sorted[2].Path);
    }

    [Fact]
    public void SetUnread_Some_IsToldLast()
    {
        var findings = new FindingList();
        findings.SetUnread(1, 2);
        Assert.Equal(["unread-text"], findings.Sorted().Select(finding => finding.Rule));

        Add(findings, FindingLevel.Soft, 0, 21);
        Assert.Equal(["more-findings", "unread-text"], findings.Sorted().Skip(20).Select(finding => finding.Rule));
    }

    [Fact]
    public void Shown_LongText_IsCut()
    {
        Assert.Equal(new string('a', 100), TextReport.Shown(new string('a', 100)));
        Assert.Equal($"{new string('a', 100)}…", TextReport.Shown(new string('a', 1000)));
        Assert.Equal("a***b", TextReport.Shown("a sk-" + new string('z', 30) + " b").Replace(" ", "", StringComparison.Ordinal));
    }
}
