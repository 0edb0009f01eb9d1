using McpProbe.Drift.Findings;

namespace McpProbe.Tests.Drift.Findings;

public class NameTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("read", "read")]
    [InlineData("read_file", "read file")]
    [InlineData("_read__file_", "read file ")]
    [InlineData("a-b.c/d e", "a b c d e")]
    [InlineData("readFile", "read File")]
    [InlineData("ReadFILE", "Read FILE")]
    [InlineData("readFILEName", "read FILEName")]
    [InlineData("Äb1C", "Äb1C")]
    public void Write_Name_IsItsWords(string name, string words)
    {
        Span<char> buffer = stackalloc char[2 * name.Length + 2];

        Assert.Equal(words, buffer[..NameText.Write(name, buffer)].ToString());
    }

    // One word of two characters may take two places, so writing stops where they might not be there.
    [Theory]
    [InlineData("abcd", 3, "ab")]
    [InlineData("abcd", 4, "abc")]
    [InlineData("abcd", 5, "abcd")]
    [InlineData("aBcd", 4, "a B")]
    public void Write_TooLittleRoom_WritesWhatFits(string name, int room, string words)
    {
        Span<char> buffer = stackalloc char[room];

        Assert.Equal(words, buffer[..NameText.Write(name, buffer)].ToString());
    }

    [Theory]
    [InlineData("read_file", false)]
    [InlineData("datei_lesen_ä", false)]
    [InlineData("читать_1", false)]
    [InlineData("rеad_file", true)]
    [InlineData("αlpha", true)]
    [InlineData("aԱ", true)]
    [InlineData("aᎠ", true)]
    [InlineData("日本_a", false)]
    public void MixesScripts_Name_IsSoWithLatinAndAnother(string name, bool mixed) => Assert.Equal(mixed, NameText.MixesScripts(name));

    [Theory]
    [InlineData("content_from_reading_ssh_id_rsa", "sensitive-parameter hard: 'content_from_reading_ssh_id_rsa'")]
    [InlineData("read_id_rsa_", "sensitive-parameter hard: 'read_id_rsa_'")]
    [InlineData("read_id__rsa", "sensitive-parameter hard: 'read_id__rsa'")]
    [InlineData("read_id_rsa", null)]
    [InlineData("rеad", "mixed-script-name soft: 'rеad'")]
    public void Find_Name_IsReadAsWords(string name, string? found) =>
        Assert.Equal(found is null ? [] : [found], TextFindings.Of(name, NameText.Find));

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void Find_LongName_IsReadUpTo256Characters(int length, bool read)
    {
        var name = new string('a', length - 16) + "_contents_of_ssh";

        Assert.Equal(read, TextFindings.Of(name, NameText.Find).Length == 1);
    }
}
