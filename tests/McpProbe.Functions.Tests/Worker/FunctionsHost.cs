using System.Net.Sockets;
using System.Text.Json.Nodes;
using McpProbe.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>
/// The part of the Functions host that a worker sees: it starts the published app, asks it for its functions, loads them, and
/// invokes them. Listeners of queues and timers it has none: the test is the trigger.
/// </summary>
internal sealed class FunctionsHost : IAsyncDisposable
{
    /// <summary>Generous: the machine may be busy. What a test says about time it measures itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly WebApplication _app;
    private readonly WorkerChannel _channel;
    private readonly Uri _engine;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private Dictionary<string, FunctionMetadata> _functions = [];
    private Uri? _httpUri;

    private FunctionsHost(WebApplication app, WorkerChannel channel, Uri engine, WorkerProcess worker) =>
        (_app, _channel, _engine, Worker) = (app, channel, engine, worker);

    internal WorkerProcess Worker { get; }

    /// <summary>What the worker says that it has, by name.</summary>
    internal IReadOnlyDictionary<string, FunctionMetadata> Functions => _functions;

    /// <summary>From the start of the process until its functions were loaded.</summary>
    internal TimeSpan StartTime { get; private set; }

    /// <summary>Everything that it logged, over either way that a log has.</summary>
    internal IReadOnlyList<string> Log => [.. Worker.Lines, .. _channel.Logs.Select(record => $"{record.Message}{(record.Exception is { } exception ? $" {exception.Message}" : "")}")];

    /// <summary>Starts a worker and loads its functions.</summary>
    /// <param name="engine">Where the durable engine listens; null for nowhere.</param>
    internal static async Task<FunctionsHost> StartAsync(IEnumerable<KeyValuePair<string, string?>> settings, Uri? engine = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        var host = await LaunchAsync(settings, engine);
        try
        {
            await host.LoadAsync();
            host.StartTime = TimeProvider.System.GetElapsedTime(start);
            return host;
        }
        catch (Exception failure) when (failure is TimeoutException or InvalidOperationException)
        {
            var log = string.Join('\n', host.Log);
            await host.DisposeAsync();
            throw new InvalidOperationException($"the worker does not start: {failure.Message}\n{log}", failure);
        }
    }

    /// <summary>Starts a worker and no more: for one that may not come up.</summary>
    internal static async Task<FunctionsHost> LaunchAsync(IEnumerable<KeyValuePair<string, string?>> settings, Uri? engine = null)
    {
        var channel = new WorkerChannel();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        // gRPC without TLS is HTTP/2 from its first byte.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(channel);
        var app = builder.Build();
        app.MapGrpcService<WorkerChannel>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new FunctionsHost(
            app, channel, engine ?? new Uri("http://127.0.0.1:9/"), new WorkerProcess(new Uri(app.Urls.First()), Guid.NewGuid().ToString(), settings));
    }

    /// <summary>Waits until the worker has called.</summary>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    internal async Task ConnectAsync()
    {
        await Task.WhenAny(_channel.Started, Worker.Exit).WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);
        if (!_channel.Started.IsCompleted)
            throw new InvalidOperationException("the worker ended without a word");
    }

    /// <summary>Asks for the functions and loads each.</summary>
    /// <exception cref="InvalidOperationException">The worker ended, or refused.</exception>
    /// <exception cref="TimeoutException">It did not answer.</exception>
    internal async Task LoadAsync()
    {
        await ConnectAsync();
        var init = (await AskAsync(new StreamingMessage
        {
            WorkerInitRequest = new WorkerInitRequest
            {
                HostVersion = "4.1037.0",
                WorkerDirectory = PublishedApp.Directory,
                FunctionAppDirectory = PublishedApp.Directory,
            },
        })).WorkerInitResponse;
        Expect(init.Result);
        _httpUri = new Uri(init.Capabilities["HttpUri"]);

        var indexed = (await AskAsync(new StreamingMessage
        {
            FunctionsMetadataRequest = new FunctionsMetadataRequest { FunctionAppDirectory = PublishedApp.Directory },
        })).FunctionMetadataResponse;
        Expect(indexed.Result);
        _functions = indexed.Functions.ToDictionary(function => function.Name);
        foreach (var function in _functions.Values)
        {
            Expect((await AskAsync(new StreamingMessage
            {
                FunctionLoadRequest = new FunctionLoadRequest { FunctionId = function.FunctionId, Metadata = function },
            })).FunctionLoadResponse.Result);
        }
    }

    /// <summary>Invokes a function by its trigger; clients of the durable engine it gets as well.</summary>
    internal Task<InvocationResponse> InvokeAsync(string function, TypedData trigger) =>
        InvokeAsync(Guid.NewGuid().ToString(), function, trigger);

    /// <summary>An HTTP request: the invocation over the one way, the request itself over the other, under the invocation's id.</summary>
    internal async Task<HttpResponseMessage> SendAsync(string function, HttpRequestMessage request)
    {
        await ListensAsync();
        var id = Guid.NewGuid().ToString();
        var invocation = InvokeAsync(id, function, TriggerData.Http());
        request.RequestUri = new Uri(_httpUri!, request.RequestUri!);
        request.Headers.Add("x-ms-invocation-id", id);
        var sending = _http.SendAsync(request, TestContext.Current.CancellationToken);
        // A request whose invocation failed at once waits for it in vain.
        if (await Task.WhenAny(invocation, sending) == invocation)
            Expect((await invocation).Result);
        var answer = await sending;
        Expect((await invocation).Result);
        return answer;
    }

    /// <summary>Asks the worker to end.</summary>
    internal void Terminate() => _channel.Tell(new StreamingMessage { WorkerTerminate = new WorkerTerminate() });

    public async ValueTask DisposeAsync()
    {
        await Worker.DisposeAsync();
        _http.Dispose();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task<InvocationResponse> InvokeAsync(string id, string function, TypedData trigger)
    {
        var loaded = _functions[function];
        var request = new InvocationRequest { InvocationId = id, FunctionId = loaded.FunctionId, TraceContext = new TraceContext() };
        var inputs = loaded.RawBindings.Select(binding => JsonNode.Parse(binding)!).Where(binding => (string)binding["direction"]! == "In");
        request.InputData.AddRange(inputs.Select(binding => new ParameterBinding
        {
            Name = (string)binding["name"]!,
            Data = (string)binding["type"]! == "durableClient" ? TriggerData.DurableClient(_engine) : trigger,
        }));
        return (await AskAsync(new StreamingMessage { InvocationRequest = request })).InvocationResponse;
    }

    /// <summary>
    /// Waits until the worker listens for HTTP, which it does some time after it has called: the host's own proxy tries a refused
    /// connection again, too.
    /// </summary>
    internal async Task ListensAsync()
    {
        await Eventually.TrueAsync(
            async () =>
            {
                using var socket = new TcpClient();
                try
                {
                    await socket.ConnectAsync(_httpUri!.Host, _httpUri.Port, TestContext.Current.CancellationToken);
                    return true;
                }
                catch (SocketException)
                {
                    return Worker.Exit.IsCompleted;
                }
            },
            "the worker listens for HTTP", Patience);
    }

    private Task<StreamingMessage> AskAsync(StreamingMessage question) => _channel.AskAsync(question, Patience);

    private static void Expect(StatusResult result)
    {
        if (result.Status is not StatusResult.Types.Status.Success)
            throw new InvalidOperationException($"the worker refused: {result.Exception?.Message}");
    }
}
