using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace McpProbe.Testing;

/// <summary>A web server on a free loopback port whose every answer is the test's: for what no real server does on demand.</summary>
public sealed class StubServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubServer(WebApplication app) => _app = app;

    /// <summary>Such as <c>http://127.0.0.1:41234</c>, without a trailing slash.</summary>
    public string Url => _app.Urls.First();

    /// <param name="answer">Answers every request, whatever its path.</param>
    /// <param name="url">Where to listen; port 0 takes a free one.</param>
    public static async Task<StubServer> StartAsync(
        RequestDelegate answer, string url = "http://127.0.0.1:0", Action<KestrelServerOptions>? kestrel = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options => kestrel?.Invoke(options));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return new StubServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        // A test's hanging answers must not hold its end: the token is one that has ended already.
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}
