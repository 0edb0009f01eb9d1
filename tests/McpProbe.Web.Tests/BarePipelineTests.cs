using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

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
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebHead.Add(builder.Services, new WebOptions { ApiKey = WebHead.Key }, Samples.Evening(), new FakeTimeProvider(Samples.Now));
        await using var app = builder.Build();
        var pipeline = new ApplicationBuilder(app.Services).UseMcpProbeWeb().Build();
        app.Map("{*path}", async context =>
        {
            context.SetEndpoint(null);
            context.Request.RouteValues.Clear();
            await pipeline(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);

        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri(app.Urls.First() + path), TestContext.Current.CancellationToken);
        Assert.Equal((status, type), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }
}
