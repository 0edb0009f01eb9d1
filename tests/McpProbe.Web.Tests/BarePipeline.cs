using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Web.Tests;

/// <summary>The pipeline without an application of its own, inside another's request: how a catch-all function serves it.</summary>
public sealed class BarePipeline : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BarePipeline(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    /// <summary>Serves the sample of an evening, on a free port.</summary>
    public static async Task<BarePipeline> StartAsync(WebOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebHead.Add(builder.Services, options, Samples.Evening(), new FakeTimeProvider(Samples.Now));
        var app = builder.Build();
        var pipeline = new ApplicationBuilder(app.Services).UseMcpProbeWeb().Build();
        app.Map("{*path}", async context =>
        {
            context.SetEndpoint(null);
            context.Request.RouteValues.Clear();
            await pipeline(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new BarePipeline(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
