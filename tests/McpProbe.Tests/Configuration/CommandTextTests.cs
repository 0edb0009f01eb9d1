using McpProbe.Configuration;

namespace McpProbe.Tests.Configuration;

public class CommandTextTests
{
    [Theory]
    [InlineData("node server.js --x", "node", "server.js", "--x")]
    [InlineData("  a \t b\n", "a", "b")]
    [InlineData("a 'b c' \"d e\"", "a", "b c", "d e")]
    [InlineData("a'b'\"c\"d", "abcd")]
    [InlineData("a '' \"\"", "a", "", "")]
    [InlineData(@"a\ b \""c ""\""\\\n""", "a b", "\"c", "\"\\\\n")]
    [InlineData(@"'a\b'", @"a\b")]
    [InlineData("a $HOME *", "a", "$HOME", "*")]
    [InlineData("")]
    public void Split_Command_IsWhatAShellWouldPass(string command, params string[] words) =>
        Assert.Equal(words, CommandText.Split(command).Words);

    [Theory]
    [InlineData("a 'b", "the quotation mark ' at character 3 is not closed")]
    [InlineData("a \"b\\\"", "the quotation mark \" at character 3 is not closed")]
    [InlineData("a \\", "a backslash at the end escapes nothing")]
    public void Split_Open_IsAnError(string command, string error) => Assert.Equal(error, CommandText.Split(command).Error);
}
