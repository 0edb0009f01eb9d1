using McpProbe.Endpoints;

namespace McpProbe.Tests.Endpoints;

public class VersionRangeTests
{
    [Theory]
    [InlineData("1.2.3", "1.2.3")]
    [InlineData("=1.2.3", "1.2.3")]
    [InlineData("1.2", "1.2.0")]
    [InlineData("1.2.3", "v1.2.3")]
    [InlineData("1.2.3", "1.2.3+build.7")] // build metadata has no order
    [InlineData("build-77", "build-77")]
    [InlineData("1.2.3.4", "1.2.3.4")]
    [InlineData(">=1.2 <2", "1.2.0")]
    [InlineData(">=1.2 <2", "1.99999999999999999999.0")]
    [InlineData("  >1.2   <=1.3  ", "1.3.0")]
    [InlineData(">1.2.3-rc.1", "1.2.3")]
    [InlineData(">=1.2.3-rc.1", "1.2.3-rc.1")]
    [InlineData(">=2026.8", "2026.8.31")]
    // The order of Semantic Versioning 2.0.0, 11.4.
    [InlineData(">1.0.0-alpha", "1.0.0-alpha.1")]
    [InlineData(">1.0.0-alpha.1", "1.0.0-alpha.beta")]
    [InlineData(">1.0.0-alpha.beta", "1.0.0-beta")]
    [InlineData(">1.0.0-beta", "1.0.0-beta.2")]
    [InlineData(">1.0.0-beta.2", "1.0.0-beta.11")]
    [InlineData(">1.0.0-beta.11", "1.0.0-rc.1")]
    [InlineData(">1.0.0-rc.1", "1.0.0")]
    [InlineData("<2", "2.0.0-rc.1")]
    public void WhyOutside_VersionInTheRange_IsNull(string range, string version)
    {
        Assert.Null(VersionRange.MistakeIn(range));
        Assert.Null(VersionRange.WhyOutside(range, version));
    }

    [Theory]
    [InlineData("1.2.3", "1.2.4", "is not 1.2.3, which was expected")]
    [InlineData("=v1.2", "1.2.1", "is not v1.2, which was expected")]
    [InlineData(">=1.2 <2", "1.1.9", "is not >=1.2, which was expected")]
    [InlineData(">=1.2 <2", "2.0.0", "is not <2, which was expected")]
    [InlineData("<2.0.0-0", "2.0.0-rc.1", "is not <2.0.0-0, which was expected")]
    [InlineData(">1.2", "1.2.0", "is not >1.2, which was expected")]
    [InlineData("<=1.2", "1.2.1", "is not <=1.2, which was expected")]
    [InlineData(">1.0.0-1", "1.0.0-1", "is not >1.0.0-1, which was expected")]
    [InlineData("<1.0.0-2", "1.0.0-10", "is not <1.0.0-2, which was expected")]
    [InlineData("<1.0.0-9", "1.0.0-a", "is not <1.0.0-9, which was expected")]
    [InlineData("build-77", "build-78", "is not build-77, which was expected")]
    [InlineData("1.2.3.4", "1.2.3", "is not 1.2.3.4, which was expected")]
    [InlineData(">=1", "1.2.3.4", "has no order (it is not of the form 1.2.3), so it is in no range; only an exact version can be expected of it")]
    [InlineData(">=1", "01.2.3", "has no order (it is not of the form 1.2.3), so it is in no range; only an exact version can be expected of it")]
    public void WhyOutside_VersionOutsideTheRange_SaysWhy(string range, string version, string why)
    {
        Assert.Null(VersionRange.MistakeIn(range));
        Assert.Equal(why, VersionRange.WhyOutside(range, version));
    }

    [Theory]
    [InlineData(">= 1.2", "'>=' has no version; write it without a space, such as >=1.2")]
    [InlineData("<", "'<' has no version; write it without a space, such as >=1.2")]
    [InlineData("^1.2", "'^1.2' is no version; write an exact one, or comparators such as >=1.2 <2")]
    [InlineData("~1.2", "'~1.2' is no version; write an exact one, or comparators such as >=1.2 <2")]
    [InlineData("1.x", "'1.x' is no version; write an exact one, or comparators such as >=1.2 <2")]
    [InlineData("*", "'*' is no version; write an exact one, or comparators such as >=1.2 <2")]
    [InlineData("=>1", "'>1' is no version; write an exact one, or comparators such as >=1.2 <2")]
    [InlineData(">=1,<2", "'1,<2' is no version; write an exact one, or comparators such as >=1.2 <2")]
    [InlineData(">=latest", "'latest' has no order; after >= stands a version such as 1.2 or 1.2.3-rc.1")]
    [InlineData("<1.2.3.4", "'1.2.3.4' has no order; after < stands a version such as 1.2 or 1.2.3-rc.1")]
    [InlineData("1.2 1.3", "an exact version stands alone; remove the rest, or write comparators such as >=1.2 <2")]
    [InlineData(">=1.2 =1.3", "an exact version stands alone; remove the rest, or write comparators such as >=1.2 <2")]
    public void MistakeIn_MalformedRange_SaysWhatToWrite(string range, string mistake) => Assert.Equal(mistake, VersionRange.MistakeIn(range));

    [Fact]
    public void Parse_VersionWithoutEnd_HasNoOrder() => Assert.Null(SemanticVersion.Parse("1." + new string('1', 1 << 20)));
}
