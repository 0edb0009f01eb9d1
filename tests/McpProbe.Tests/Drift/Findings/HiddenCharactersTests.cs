using McpProbe.Drift.Findings;

namespace McpProbe.Tests.Drift.Findings;

public class HiddenCharactersTests
{
    private const string Flag = "\U0001F3F4";
    private const string Cancel = "\U000E007F";

    private static string Tags(string text) => string.Concat(text.Select(unit => char.ConvertFromUtf32(0xE0000 + unit)));

    // Selectors that carry bytes, as they are smuggled.
    private static string Selectors(string text) => string.Concat(text.Select(unit => unit < 16 ? $"{(char)(0xFE00 + unit)}" : char.ConvertFromUtf32(0xE0100 + unit - 16)));

    [Theory]
    [InlineData("Plain ~ text\t\r\n.")]
    [InlineData("Umlaute äöü, 漢字, \u2029 and \u2070.")]
    // Joiners and marks where the script needs them.
    [InlineData("می\u200Cخواهم")]
    [InlineData("क्\u200Dष and क\u200Cक")]
    [InlineData("👩\u200D💻 and ❤\uFE0F\u200D🔥")]
    [InlineData("ภาษา\u200Bไทย")]
    [InlineData("ไทย\u200B a")]
    [InlineData("a \u200Bไทย")]
    [InlineData("漢\u200Ba")]
    [InlineData("a\u034F\u0301")]
    [InlineData("\u115F\u1161 \u1160\u11A8")]
    [InlineData("ᠮ\u180Eᠣ ᠮ\u180B")]
    [InlineData("1\uFE0F\u20E3 #\uFE0F *\uFE0E 9\uFE0F")]
    [InlineData("❤\uFE0F and 葛\U000E0100")]
    [InlineData("שלום\u200Fabc\u200E")]
    [InlineData("عربي\u061C")]
    public void Find_WhatScriptsNeed_IsNothing(string text) => Assert.Empty(TextFindings.Of(text, HiddenCharacters.Find));

    [Theory]
    [InlineData("a\u0008b", "control-character hard (U+0008, 1 time)")]
    [InlineData("a\u001B[2Jb\u007F", "control-character hard (first U+001B, 2 in all)")]
    [InlineData("\u009F\u009F", "control-character hard (U+009F, 2 in all)")]
    [InlineData("co\u00ADop", "soft-hyphen soft (U+00AD, 1 time)")]
    [InlineData("a\u200Cb", "zero-width-character hard (U+200C, 1 time)")]
    [InlineData("a\u200D💻", "zero-width-character hard (U+200D, 1 time)")]
    [InlineData("💻\u200Da", "zero-width-character hard (U+200D, 1 time)")]
    [InlineData("💻\u200C💻", "zero-width-character hard (U+200C, 1 time)")]
    [InlineData("a\u200Bb", "zero-width-character hard (U+200B, 1 time)")]
    [InlineData("a\u200B漢", "zero-width-character hard (U+200B, 1 time)")]
    [InlineData("a\u034Fb", "zero-width-character hard (U+034F, 1 time)")]
    [InlineData("a\u115Fb", "zero-width-character hard (U+115F, 1 time)")]
    [InlineData("a\u180Eb", "zero-width-character hard (U+180E, 1 time)")]
    [InlineData("a\u2060\u3164b\uFFF9", "zero-width-character hard (first U+2060, 3 in all)")]
    [InlineData("\uFEFFa", "zero-width-character soft (U+FEFF, 1 time)")]
    [InlineData("a\uFEFFb", "zero-width-character hard (U+FEFF, 1 time)")]
    [InlineData("\uFEFFa\uFEFF", "zero-width-character hard (U+FEFF, 2 in all)")]
    [InlineData("a\u202Eb", "bidi-control hard (U+202E, 1 time)")]
    [InlineData("a\u2066b\u2069", "bidi-control hard (first U+2066, 2 in all)")]
    [InlineData("ש\u2066b\u2069", "bidi-control soft (first U+2066, 2 in all)")]
    [InlineData("ש\u2066b\u2069\u202B", "bidi-control hard (first U+2066, 3 in all)")]
    [InlineData("a\u200Eb", "direction-mark soft (U+200E, 1 time)")]
    [InlineData("a\u200E\u200E\u200E\u200E\u200E\u200E\u200E", "direction-mark soft (U+200E, 7 in all)")]
    [InlineData("a\u200E\u200E\u200E\u200E\u200E\u200E\u200E\u200E", "direction-mark hard (U+200E, 8 in all)")]
    [InlineData("a\uE000b", "private-use-character hard (U+E000, 1 time)")]
    [InlineData("\uF8FF and \uF8FF", "private-use-character soft (U+F8FF, 2 in all)")]
    [InlineData("\uF8FF and \uE000", "private-use-character hard (first U+F8FF, 2 in all)")]
    [InlineData("\uE000 and \uF8FF", "private-use-character hard (first U+E000, 2 in all)")]
    [InlineData("ä\u200Eb", "direction-mark soft (U+200E, 1 time)")]
    [InlineData("🏴\u200B", "zero-width-character hard (U+200B, 1 time)")]
    [InlineData("🏴\u200B and more text", "zero-width-character hard (U+200B, 1 time)")]
    [InlineData("\u007F\uFE0F", "control-character hard (U+007F, 1 time)", "variation-selectors soft (U+FE0F, 1 time)")]
    [InlineData("\u0080\uFE0F", "control-character hard (U+0080, 1 time)")]
    [InlineData("\u00A0\uFE0F", "variation-selectors soft (U+FE0F, 1 time)")]
    [InlineData("a\uFE0F", "variation-selectors soft (U+FE0F, 1 time)")]
    [InlineData("\uFE0Fa", "variation-selectors soft (U+FE0F, 1 time)")]
    [InlineData(" \uFE0F1\uFE00", "variation-selectors soft (first U+FE0F, 2 in all)")]
    [InlineData("a\uFE0Fb\uFE0Fc\uFE0F", "variation-selectors soft (U+FE0F, 3 in all)")]
    [InlineData("a\uFE0Fb\uFE0Fc\uFE0Fd\uFE0F", "variation-selectors hard (U+FE0F, 4 in all)")]
    [InlineData("❤\uFE0F\uFE0F", "variation-selectors hard (U+FE0F, 1 time)")]
    public void Find_WhatIsNotSeen_IsTold(string text, params string[] found) => Assert.Equal(found, TextFindings.Of(text, HiddenCharacters.Find));

    // Not in the table above: an attribute cannot hold half a character.
    [Fact]
    public void Find_HalfACharacter_IsTold()
    {
        Assert.Equal(["lone-surrogate soft (U+D83D, 1 time)"], TextFindings.Of("a\uD83Db", HiddenCharacters.Find));
        Assert.Equal(["lone-surrogate soft (first U+DE00, 2 in all)"], TextFindings.Of("\uDE00\uD83D", HiddenCharacters.Find));
        Assert.Equal(["variation-selectors soft (U+FE0F, 1 time)", "lone-surrogate soft (U+D83D, 1 time)"], TextFindings.Of("\uD83D\uFE0F", HiddenCharacters.Find));
        Assert.Equal(["variation-selectors soft (U+FE0F, 1 time)", "lone-surrogate soft (U+D83D, 1 time)"], TextFindings.Of("❤\uD83D\uFE0F", HiddenCharacters.Find));
    }

    [Theory]
    [InlineData("gbeng", true)]
    [InlineData("gbsct", true)]
    [InlineData("gbwls", true)]
    [InlineData("gbxyz", false)]
    [InlineData("xbeng", false)]
    [InlineData("gben", false)]
    [InlineData("gbenga", false)]
    public void Find_Flag_IsOneOfThree(string region, bool fine)
    {
        var flag = Flag + Tags(region) + Cancel;

        Assert.Equal(fine, TextFindings.Of($"The {flag} team", HiddenCharacters.Find).Length == 0);
        Assert.Equal(fine, TextFindings.Of(flag, HiddenCharacters.Find).Length == 0);
        Assert.NotEmpty(TextFindings.Of(flag[..^2], HiddenCharacters.Find));
        Assert.NotEmpty(TextFindings.Of($"{flag}{Tags("a")}", HiddenCharacters.Find));
        Assert.Contains("zero-width-character hard (U+200B, 1 time)", TextFindings.Of($"{flag}\u200B", HiddenCharacters.Find));
    }

    // Tags after another character, and other characters in the place of a tag.
    [Fact]
    public void Find_NearlyAFlag_IsTold()
    {
        Assert.Equal(["tag-character hard (first U+E0067, 6 in all). They spell 'gbeng\\u{7f}'"], TextFindings.Of($"ä{Tags("gbeng")}{Cancel}", HiddenCharacters.Find));
        Assert.Equal(["tag-character hard (first U+E0067, 5 in all). They spell 'gbeng'"], TextFindings.Of($"{Flag}{Tags("gbeng")}\U0001047F", HiddenCharacters.Find));
        Assert.Equal(["tag-character hard (first U+E0062, 5 in all). They spell 'beng\\u{7f}'"], TextFindings.Of($"{Flag}\U00010467{Tags("beng")}{Cancel}", HiddenCharacters.Find));
    }

    [Fact]
    public void Find_Message_IsSpelt()
    {
        Assert.Equal(["tag-character hard (first U+E0072, 5 in all). They spell 'rm -r'"], TextFindings.Of("a" + Tags("rm -r"), HiddenCharacters.Find));
        Assert.Equal(["tag-character hard (first U+E0072, 2 in all)"], TextFindings.Of("a" + Tags("rm"), HiddenCharacters.Find));
        Assert.Equal(["tag-character hard (first U+E0072, 3 in all). They spell 'rm '"], TextFindings.Of("a" + Tags("rm "), HiddenCharacters.Find));
        Assert.Equal(["tag-character hard (first U+E0001, 4 in all). They spell 'abc'"], TextFindings.Of(Tags("\u0001abc"), HiddenCharacters.Find));
        Assert.Equal(["variation-selectors hard (first U+E0162, 3 in all). They spell 'run'"], TextFindings.Of("a" + Selectors("run"), HiddenCharacters.Find));
        Assert.Equal(["variation-selectors hard (first U+FE01, 5 in all). They spell 'run'"], TextFindings.Of("a" + Selectors("\u0001run\u007F"), HiddenCharacters.Find));
        Assert.Equal(
            [$"tag-character hard (first U+E0061, 300 in all). They spell '{string.Concat(Enumerable.Repeat("ab", 50))}'"],
            TextFindings.Of(Tags(string.Concat(Enumerable.Repeat("ab", 150))), HiddenCharacters.Find));
    }
}
