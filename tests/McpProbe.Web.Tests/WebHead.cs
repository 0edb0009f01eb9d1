using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using McpProbe.Alerts;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Web.Tests;

/// <summary>A head that hosts the pages and the API on a free loopback port, over a store of the test's own.</summary>
public sealed class WebHead : IAsyncDisposable
{
    public const string Key = "k-5f0c1f4a-9e2d71";
    public const string ReadKey = "r-77d0b1c2-41aa90";

    private readonly WebApplication _app;

    private WebHead(WebApplication app, SampleStore store, FakeTimeProvider time, KeptLines log)
    {
        Log = log;
        _app = app;
        Store = store;
        Time = time;
        Client = CreateClient();
    }

    public SampleStore Store { get; }

    public FakeTimeProvider Time { get; }

    /// <summary>Follows no redirects and keeps no cookies: tests say what they send.</summary>
    public HttpClient Client { get; }

    /// <summary>What it logged: the category, the level and the line.</summary>
    public KeptLines Log { get; }

    /// <summary>Every route of the pipeline, whoever added it.</summary>
    public IReadOnlyList<RouteEndpoint> Routes =>
        [.. _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    public Uri Url => new(_app.Urls.First());

    public IServiceProvider Services => _app.Services;

    /// <param name="before">Runs before the pipeline, as a proxy in front of it would.</param>
    /// <param name="services">Changes the services.</param>
    public static async Task<WebHead> StartAsync(WebOptions? options = null, SampleStore? store = null, Action<HttpRequest>? before = null, Action<IServiceCollection>? services = null,
        FakeTimeProvider? time = null)
    {
        store ??= new SampleStore();
        time ??= new FakeTimeProvider(Samples.Now);
        var builder = WebApplication.CreateSlimBuilder();
        var log = new KeptLines();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        Add(builder.Services, options ?? new WebOptions(), store, time);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.Use((context, next) =>
        {
            before?.Invoke(context.Request);
            return next(context);
        });
        app.UseMcpProbeWeb();
        await app.StartAsync();
        return new WebHead(app, store, time, log);
    }

    /// <summary>What a head adds: its ports, the engine and this.</summary>
    public static void Add(IServiceCollection services, WebOptions options, SampleStore store, TimeProvider time)
    {
        services.AddSingleton(time);
        services.AddSingleton<IEndpointStore>(store);
        services.AddSingleton<IMonitorStore>(store);
        services.AddSingleton<IMonitorHistory>(store);
        services.AddSingleton<IAlertOutbox>(store);
        services.AddSingleton<IAuditStore>(store);
        services.AddSingleton<IRollupStore>(store);
        services.AddSingleton(new SlaReporter(store, store, store, store, ["local"], Retention.Default, time));
        services.AddSingleton<EndpointRegistry>();
        services.AddSingleton<IIncidentStore>(store);
        services.AddSingleton<IncidentDesk>();
        services.AddSingleton<IDeliveryStore>(store);
        services.AddSingleton<IReadOnlyDictionary<string, Channel>>(store.Channels);
        services.AddSingleton(store.Pages);
        services.AddSingleton<SendAlert>(store.SendAsync);
        services.AddSingleton<AlertDesk>();
        services.AddSingleton<ChannelTester>();
        // Probes measure real time.
        services.AddSingleton(new McpProber(new ProberOptions(), TimeProvider.System));
        services.AddMcpProbeWeb(options);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, headers);

    public async Task<IDocument> PageAsync(string path, params (string Name, string Value)[] headers)
    {
        using var response = await GetAsync(path, headers);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        return await new HtmlParser().ParseDocumentAsync(
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
    })
    { BaseAddress = Url };
}
