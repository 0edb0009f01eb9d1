using McpProbe.Probing.OAuth;

namespace McpProbe.Tests.Probing.OAuth;

public class BearerChallengeTests
{
    [Theory]
    [InlineData("", null, null)]
    [InlineData("Bearer", null, null)]
    [InlineData("Bearer resource_metadata=\"https://a/b\"", "https://a/b", null)]
    [InlineData("bearer realm=\"a, b=\\\"c\\\"\", Resource_Metadata = https://a/b , SCOPE=\"x y\"", "https://a/b", "x y")]
    [InlineData("Basic realm=\"x\", scope=\"basic\", Bearer scope=\"bearer\"", null, "bearer")]
    [InlineData("Negotiate abc==, Bearer resource_metadata=\"u\"", "u", null)]
    [InlineData("Bearer scope=\"first\", scope=\"second\"", null, "first")]
    [InlineData("Digest resource_metadata=\"not ours\"", null, null)]
    [InlineData("Bearer scope=\"never closed", null, "never closed")]
    [InlineData("Bearer scope=\"ends in a backslash\\", null, "ends in a backslash\\")]
    [InlineData("\"\"\"=,,= Bearer", null, null)]
    public void Read_Header_GivesTheBearerChallengesParameters(string header, string? metadata, string? scope)
    {
        Assert.Equal(new BearerChallenge(metadata, scope), BearerChallenge.Read(header));
    }

    [Fact]
    public void Read_AnyText_Ends()
    {
        CsCheck.Check.Sample(CsCheck.Gen.String[CsCheck.Gen.Char["Bearer =\",\\\tsx"], 0, 200], text => BearerChallenge.Read("Bearer " + text) is not null);
    }
}
