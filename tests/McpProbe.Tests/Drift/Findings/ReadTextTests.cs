using McpProbe.Drift.Findings;

namespace McpProbe.Tests.Drift.Findings;

public class ReadTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("Plain text.", "Plain text.")]
    [InlineData("  a \t b  ", "a b")]
    [InlineData("**Ignore** all", "Ignore all")]
    [InlineData("a\nb", "a b")]
    [InlineData("a\n\nb", "a\nb")]
    [InlineData("a\n \nb", "a\nb")]
    [InlineData("\n\na", "a")]
    [InlineData("a\n- b", "a\n- b")]
    [InlineData("a\n# b", "a\n# b")]
    [InlineData("a\n<b>", "a\n<b>")]
    [InlineData("a\n\u2022 b", "a\n\u2022 b")]
    [InlineData("a - b", "a - b")]
    [InlineData("a\n1. b", "a\n1. b")]
    [InlineData("a\n2) b", "a\n2) b")]
    [InlineData("a\n1 b", "a 1 b")]
    [InlineData("a\nx. b", "a x. b")]
    [InlineData("a\n1", "a 1")]
    [InlineData("a\n1.", "a\n1.")]
    [InlineData("a\u0001b", "a b")]
    [InlineData("a 1. b", "a 1. b")]
    [InlineData("\u2018a\u2019 \u201Cb\u201D \u02BC", "'a' \"b\" '")]
    [InlineData("a\u2010b\u2013c", "a-b-c")]
    [InlineData("Ｉｇｎｏｒｅ", "Ignore")]
    [InlineData("Іgnоrе", "Ignore")]
    [InlineData("αβ", "αβ")]
    [InlineData("\U0001D400\U0001D41A\U0001D433\U0001D434", "AazA")]
    [InlineData("\U0001D401\U0001D419", "BZ")]
    [InlineData("i\u0301\u200Bgnore", "ignore")]
    [InlineData("a\U000E0041b", "ab")]
    [InlineData("a😀b", "a\uFFFDb")]
    [InlineData("a\u00A0b\u2003c", "a b c")]
    [InlineData("a\u200B b", "a b")]
    [InlineData("ä漢", "ä漢")]
    public void Write_Text_IsAsAModelTakesItIn(string text, string reading) => Assert.Equal(reading, Read(text));

    // Not in the table above: an attribute cannot hold half a character.
    [Fact]
    public void Write_HalfACharacter_StaysWhatItIs()
    {
        Assert.Equal("a\uD83Db", Read("a\uD83Db"));
        Assert.Equal("a\uD83D", Read("a\uD83D"));
        Assert.Equal("\uDE00a", Read("\uDE00a"));
        Assert.Equal("ä\uDE00", Read("ä\uDE00"));
    }

    private static string Read(string text)
    {
        var buffer = new char[text.Length];
        return new string(buffer, 0, ReadText.Write(text, buffer));
    }
}
