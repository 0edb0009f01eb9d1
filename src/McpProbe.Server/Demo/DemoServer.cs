using System.ComponentModel;
using System.Net;
using System.Security.Cryptography;
using McpProbe.Alerts.Channels;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Monitoring;
using Microsoft.AspNetCore.Hosting.Server.Features;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProbe.Server.Demo;

/// <summary>
/// A small MCP server on a free loopback port, made with the official SDK, and a receiver of webhooks beside it: something to
/// watch, fail and drift for who tries McpProbe out.
/// </summary>
internal sealed class DemoServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private DemoServer(WebApplication app, ProbesDocument document)
    {
        _app = app;
        Document = document;
    }

    /// <summary>What is watched in the demo, and the channel that hears of it.</summary>
    public ProbesDocument Document { get; }

    public static async Task<DemoServer> StartAsync(TimeProvider time, double speed, CancellationToken cancellationToken)
    {
        var script = new DemoScript(time, speed);
        var secret = "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        // The signals are the head's: this one would take them before that one listens for them, and nothing would end.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services
            .AddMcpServer(options => options.ServerInfo = new Implementation { Name = "McpProbe demo", Version = "1.0.0" })
            .WithHttpTransport(transport =>
            {
                transport.Stateless = true;
                transport.ConfigureSessionOptions = (context, server, _) =>
                {
                    server.ToolCollection = ToolsOf(context.Request.Path, script);
                    return Task.CompletedTask;
                };
            });
        var app = builder.Build();
        app.Use((context, next) => Answer(context, next, script));
        app.MapMcp("/steady");
        app.MapMcp("/drifting");
        app.MapMcp("/failing");
        var receiver = new DemoReceiver(secret, time);
        app.MapPost("/alerts", (Delegate)receiver.ReceiveAsync);
        await app.StartAsync(cancellationToken);

        var address = app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new DemoServer(app, new ProbesDocument(
            [
                Endpoint(IdPrefix + "steady", "Weather: works all the time", "steady", address, script),
                Endpoint(IdPrefix + "drifting", "Orders: its tools change at 0:25, back at 1:15", "drifting", address, script),
                Endpoint(IdPrefix + "failing", "Search: down from 0:20 to 1:00", "failing", address, script),
                Endpoint(IdPrefix + "gated", "Payroll: asks for credentials", "gated", address, script),
            ],
            [new Channel { Name = ChannelName, Type = ChannelType.Webhook, Url = $"{address}/alerts", Secret = secret }]));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    public const string IdPrefix = "demo-";

    /// <summary>The ids of what the probes file has, without the demo's own.</summary>
    public static IReadOnlyCollection<string> WithoutDemo(IEnumerable<RegisteredEndpoint> endpoints) =>
        [.. endpoints.Where(each => each.Source is EndpointSource.File).Select(each => each.Endpoint.Id).Where(id => !id.StartsWith(IdPrefix, StringComparison.Ordinal))];

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private const string ChannelName = "demo";

    private static Endpoint Endpoint(string id, string name, string path, string address, DemoScript script) => new()
    {
        Id = id,
        Name = name,
        Url = new Uri($"{address}/{path}"),
        Group = "demo",
        Visibility = Visibility.Public,
        Interval = script.Interval,
        Timeout = script.Interval < TimeSpan.FromSeconds(2) ? script.Interval : TimeSpan.FromSeconds(2),
        Channels = [ChannelName],
        // The timetable would be flapping after its third round, and its outages no longer told each.
        Alerts = AlertPolicy.Default with { Flapping = null },
    };

    private static Task Answer(HttpContext context, RequestDelegate next, DemoScript script)
    {
        if (context.Request.Path.StartsWithSegments("/gated"))
        {
            context.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"demo\"";
            return Task.CompletedTask;
        }
        if (context.Request.Path.StartsWithSegments("/failing") && script.IsDown)
        {
            context.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
            return Task.CompletedTask;
        }
        return next(context);
    }

    private static McpServerPrimitiveCollection<McpServerTool> ToolsOf(PathString path, DemoScript script) =>
        path.StartsWithSegments("/drifting") && script.HasDrifted ? Drifted : Baseline;

    private static readonly McpServerPrimitiveCollection<McpServerTool> Baseline =
    [
        McpServerTool.Create(
            ([Description("What to look for.")] string query) => $"Nothing was found for '{query}'.",
            new McpServerToolCreateOptions { Name = "search", Description = "Searches the documents.", ReadOnly = true }),
        McpServerTool.Create(
            ([Description("The document's number.")] int id) => $"Document {id}.",
            new McpServerToolCreateOptions { Name = "read", Description = "Reads one document.", ReadOnly = true }),
    ];

    // A new description misleads models; a newly required argument breaks every client that was written before.
    private static readonly McpServerPrimitiveCollection<McpServerTool> Drifted =
    [
        McpServerTool.Create(
            ([Description("What to look for.")] string query, [Description("Which tenant's documents.")] string tenant) =>
                $"Nothing was found for '{query}' of {tenant}.",
            new McpServerToolCreateOptions { Name = "search", Description = "Searches the documents of one tenant.", ReadOnly = true }),
        McpServerTool.Create(
            ([Description("The document's number.")] int id) => $"Document {id}.",
            new McpServerToolCreateOptions { Name = "read", Description = "Reads one document.", ReadOnly = true }),
    ];
}
