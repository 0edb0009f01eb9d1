using System.Text.Json;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Probing.Transports;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpProbe.SdkClient;

/// <summary>
/// A second opinion: whether the official C# client can connect and list the tools. It speaks over the prober's own connection,
/// so addresses are checked, nothing is redirected, and credentials go to the endpoint's origin only.
/// </summary>
internal static class OfficialClient
{
    private static readonly string Version =
        typeof(McpClient).Assembly.GetName().Version?.ToString(3) ?? "of an unknown version";

    /// <summary>Reads a <see cref="SdkQuestion"/>, asks the client, writes its <see cref="SdkOpinion"/>.</summary>
    /// <exception cref="JsonException">The input is not a question.</exception>
    public static async Task AnswerAsync(Stream input, Stream output, TimeProvider time)
    {
        var question = await JsonSerializer.DeserializeAsync(input, ProbeJson.Default.SdkQuestion)
            ?? throw new JsonException("There is no question.");
        var (endpoint, mistakes) = EndpointJson.Read(JsonSerializer.SerializeToUtf8Bytes(question.Endpoint, ProbeJson.Default.JsonElement));
        if (endpoint is null)
            throw new JsonException($"The endpoint is not valid: {string.Join(" ", mistakes)}");

        var options = new ProberOptions { Addresses = question.PublicOnly ? AddressRule.PublicOnly : AddressRule.AllowPrivate };
        var opinion = await AskAsync(endpoint with { Headers = question.Headers }, question.Transport, options, time, CancellationToken.None);
        await JsonSerializer.SerializeAsync(output, opinion, ProbeJson.Default.SdkOpinion);
    }

    /// <summary>Every outcome is a value, a cancelled token included.</summary>
    /// <param name="transport">What the probe found; the client is not left to guess again.</param>
    private static async Task<SdkOpinion> AskAsync(
        Endpoint endpoint, TransportKind transport, ProberOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(endpoint.Timeout, time, cancellationToken);
        var run = new ProbeRun(endpoint, options, time, deadline);
        var started = time.GetTimestamp();
        try
        {
            var (version, tools) = transport is TransportKind.Stdio
                ? await ListAsync(StdioTransport(run), run)
                : await ListOverHttpAsync(transport, run);
            return new SdkOpinion(Version, version, tools, null, run.MillisecondsSince(started));
        }
        catch (Exception error)
        {
            // The client names no exceptions that could be told apart: whatever it throws, it cannot work with the server.
            var words = deadline.Token.IsCancellationRequested
                ? deadline.ToFailure(run.Phase, run.Server).Message
                : run.Foreign(error.GetBaseException().Message);
            return new SdkOpinion(Version, null, [], $"the official C# client {Version} cannot work with the server: {words}", run.MillisecondsSince(started));
        }
    }

    private static async Task<(string? Version, IReadOnlyList<string> Tools)> ListOverHttpAsync(TransportKind transport, ProbeRun run)
    {
        var headers = RequestHeaders.Resolve(run.Endpoint, run.Options.Secrets);
        run.Secrets = headers.Secrets;
        var target = ConnectTarget.Of(run.Endpoint);
        ProbeUrl.Resolve(run, headers);
        var credentials = new Credentials();
        var tls = credentials.Tls.Read(run);
        if (run.Endpoint.OAuth is not null)
            headers.Authorize((await credentials.Tokens.GetAsync(run, headers, target, tls, run.Deadline.Token)).Token.Value);
        using var connection = new HttpConnection(run, target, tls, run.Endpoint.Insecure);
        using var http = new HttpClient(new ConnectionHandler(connection, headers, run), disposeHandler: true) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        await using var client = new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = run.Url,
                TransportMode = transport is TransportKind.HttpSse ? HttpTransportMode.Sse : HttpTransportMode.StreamableHttp,
            },
            http);
        return await ListAsync(client, run);
    }

    private static StdioClientTransport StdioTransport(ProbeRun run) => new(new StdioClientTransportOptions
    {
        Command = run.Endpoint.Command![0],
        Arguments = [.. run.Endpoint.Command.Skip(1)],
        Name = run.Endpoint.Id,
        InheritEnvironmentVariables = false,
        EnvironmentVariables = ChildEnvironment.Resolve(run).ToDictionary(each => each.Key, each => (string?)each.Value),
        // How long the process may take to end by itself once its input is closed; then it is killed with its children.
        ShutdownTimeout = run.Limits.Close / 2,
    });

    private static async Task<(string? Version, IReadOnlyList<string> Tools)> ListAsync(IClientTransport transport, ProbeRun run)
    {
        var token = run.Deadline.Token;
        var options = new McpClientOptions
        {
            ClientInfo = new Implementation { Name = ClientInfo.Name, Version = ClientInfo.Version },
            ProtocolVersion = run.Endpoint.Protocol,
            InitializationTimeout = run.Deadline.Remaining,
            TimeProvider = run.Time,
        };
        var client = await McpClient.CreateAsync(transport, options, cancellationToken: token);
        try
        {
            run.Phase = Phase.Catalog;
            // No tools is a choice of the server's, and its users do not list what it does not declare.
            if (client.ServerCapabilities.Tools is null)
                return (client.NegotiatedProtocolVersion, []);
            var tools = await client.ListToolsAsync(cancellationToken: token);
            return (client.NegotiatedProtocolVersion, [.. tools.Select(tool => tool.Name)]);
        }
        finally
        {
            await CloseAsync(client, run);
        }
    }

    /// <summary>A server that does not answer the closing DELETE would hold the client for ever.</summary>
    private static async Task CloseAsync(McpClient client, ProbeRun run)
    {
        try
        {
            await client.DisposeAsync().AsTask().WaitAsync(run.Limits.Close, run.Time);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            run.Log($"closing failed: {run.Foreign(error.Message)}");
        }
    }

    /// <summary>Sends the client's requests over the prober's connection, with the endpoint's headers, and bounds the answers.</summary>
    private sealed class ConnectionHandler(HttpConnection connection, RequestHeaders headers, ProbeRun run) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // The legacy transport's server may name any address for its messages.
            if (!Origin.AreSame(request.RequestUri!, run.Endpoint.Url!))
                throw new ProbeFailedException(FailureKind.CrossOrigin, "The server asks to send messages to another origin; make it name its own.");

            headers.AddTo(request);
            var response = await connection.SendAsync(request, cancellationToken);
            var bounded = new StreamContent(new LimitedStream(await response.Content.ReadAsStreamAsync(cancellationToken), run.Limits.ResponseBytes));
            foreach (var (name, values) in response.Content.Headers)
                bounded.Headers.TryAddWithoutValidation(name, values);
            response.Content = bounded;
            return response;
        }
    }
}
