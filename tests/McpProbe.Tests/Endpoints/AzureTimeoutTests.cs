using McpProbe.Configuration;

namespace McpProbe.Tests.Endpoints;

/// <summary>What is longer than a function may run is refused where it is read.</summary>
public class AzureTimeoutTests
{
    [Theory]
    [InlineData("timeout: 210s", null)]
    [InlineData("timeout: 211s", "p.yaml:4:14: endpoints[0].timeout: the timeout (211s) is longer than a probe may take on Azure (210s)")]
    [InlineData("timeout: 4m", "shorten it to 210s or less, or watch this endpoint from one machine")]
    // Both mistakes at once would be one too many: the shorter time-out mends both.
    [InlineData("timeout: 2h", "is longer than a probe may take on Azure (210s)")]
    public void Parse_OwnTimeout_MustFitIntoAFunction(string timeout, string? says)
    {
        var text = $"endpoints:\n  - id: a\n    url: https://example.com/mcp\n    {timeout}\n    interval: 1h\n";

        var (document, errors) = ProbesFile.Parse("p.yaml", text, AzureLimits.Timeout);

        Assert.Equal(says is null, document is not null);
        if (says is not null)
            Assert.Contains(says, Assert.Single(errors).ToString(), StringComparison.Ordinal);
        // One machine has no such limit; it has the interval's.
        Assert.Equal(timeout != "timeout: 2h", ProbesFile.Parse("p.yaml", text).Value is not null);
    }

    [Fact]
    public void Parse_TimeoutOfTheDefaults_IsRefusedForEachThatTakesIt()
    {
        const string Text = """
            defaults:
              timeout: 5m
              interval: 10m
            endpoints:
              - id: a
                url: https://example.com/a
              - id: b
                url: https://example.com/b
                timeout: 10s
              - id: c
                url: https://example.com/c
                timeout: 4m
            """;

        var (_, errors) = ProbesFile.Parse("p.yaml", Text, AzureLimits.Timeout);

        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.Contains("longer than a probe may take on Azure", error.Message, StringComparison.Ordinal));
        Assert.Contains(errors, error => error.Path == "endpoints[2].timeout");
        Assert.DoesNotContain(errors, error => error.Path.StartsWith("endpoints[1]", StringComparison.Ordinal));
    }
}
