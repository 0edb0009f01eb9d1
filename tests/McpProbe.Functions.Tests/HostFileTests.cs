namespace McpProbe.Functions.Tests;

public class HostFileTests
{
    [Fact]
    public void HostFile_OfTheRepository_IsBesideTheHead() =>
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "host.json")));
}
