namespace McpProbe.Web.Tests;

/// <summary>The pipeline without an application of its own, inside another's request: how a catch-all function serves it.</summary>
public sealed class BarePipelineTests
{
    [Theory]
    [InlineData("/", 200, "text/html")]
    [InlineData("/endpoints/docs", 200, "text/html")]
    [InlineData("/app.css", 200, "text/css")]
    [InlineData("/api/status", 200, "application/json")]
    [InlineData("/api/nothing", 401, "application/problem+json")]
    public async Task Pipeline_InsideAnotherHostsRequest_ServesTheSame(string path, int status, string type)
    {
        await using var app = await BarePipeline.StartAsync(new WebOptions { ApiKey = WebHead.Key });

        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri(app.Url, path), TestContext.Current.CancellationToken);
        Assert.Equal((status, type), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }
}
