using McpProbe.Server.Configuration;

namespace McpProbe.Server.Tests.Configuration;

public class FileLooksTests
{
    /// <summary>Each letter is what a look sees; in the second row, <c>!</c> where the file is applied.</summary>
    [Theory]
    [InlineData("aaaa", "    ")]
    [InlineData("abbb", "  ! ")] // changed: applied at the second look that sees it
    [InlineData("abcc", "   !")] // half written at the first look
    [InlineData("ab-b", "    ")] // replaced: gone for a moment
    [InlineData("ab-bb", "    !")]
    [InlineData("abaa", "    ")] // put back
    [InlineData("abbaa", "  ! !")]
    [InlineData("a--a", "  ! ")] // gone for longer: found wrong, once
    [InlineData("abcbcbb", "      !")]
    public void IsDue_Looks_WaitUntilNobodyWrites(string looks, string applied)
    {
        var file = new FileLooks("a");
        for (var i = 0; i < looks.Length; i++)
        {
            var due = file.IsDue($"{looks[i]}");
            Assert.True(due == (applied[i] == '!'), $"look {i} of {looks}");
            if (due)
                file.Done($"{looks[i]}");
        }
    }

    [Fact]
    public void IsDue_NotDone_IsDueAgain()
    {
        var file = new FileLooks("a");
        Assert.Equal([false, true, true], new[] { "b", "b", "b" }.Select(file.IsDue));
    }
}
