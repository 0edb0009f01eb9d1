using System.Net;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.OAuth;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Probing.Transports;
using McpProbe.Text;

namespace McpProbe.Probing.Deep;

/// <summary>
/// One check's visit to a server, within a probe's limits and deadline: the same addresses, TLS, credentials and bounds. Its
/// connections are its own, and end with it.
/// </summary>
/// <param name="result">What a probe just found: a check sees from it which era it speaks to, or that the server is gated.</param>
/// <param name="headers">With the credentials that the endpoint has.</param>
internal sealed class DeepVisit(ProbeRun run, ProbeResult result, RequestHeaders headers, ConnectTarget target, TlsMaterial tls) : IDisposable
{
    /// <summary>A check that wants more has a bug, or is led in a circle.</summary>
    private const int MostRequests = 16;

    /// <summary>A body that is longer is cut: what is looked for stands at its beginning.</summary>
    private const int MostBytes = 256 * 1024;

    private readonly List<HttpConnection> _connections = [];
    private int _requests;

    public Endpoint Endpoint => run.Endpoint;

    public ProbeResult Result => result;

    /// <summary>Its deadline, limits, secrets and log.</summary>
    public ProbeRun Run => run;

    public RequestHeaders Headers => headers;

    public ConnectTarget Target => target;

    public TlsMaterial Tls => tls;

    /// <summary>The OAuth token that the endpoint has, among <see cref="Headers"/>; null without OAuth.</summary>
    public AccessToken? Token { get; init; }

    /// <summary>The address that the endpoint's own server was reached at; null before a request.</summary>
    public IPAddress? Connected => _connections.Select(connection => connection.Address).FirstOrDefault(address => address is not null);

    /// <summary>A connection to the endpoint's own server that nothing was sent over yet.</summary>
    public HttpConnection Connect()
    {
        var connection = new HttpConnection(run, target, tls, run.Endpoint.Insecure);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>MCP over a connection of its own, as a probe speaks it.</summary>
    public StreamableHttp Open() => new(Connect(), headers, run);

    /// <summary>Sends one request to the endpoint's own server and reads the whole answer, whatever its status.</summary>
    /// <param name="withCredentials">Adds the endpoint's headers; without them the server sees a stranger.</param>
    /// <exception cref="ProbeFailedException">There was no HTTP answer, or the check has asked too much.</exception>
    public async Task<DeepAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken, bool withCredentials = true)
    {
        if (++_requests > MostRequests)
            throw new ProbeFailedException(FailureKind.TooManyPages, $"More than {MostRequests} requests would be needed.");
        if (!Origin.AreSame(request.RequestUri!, run.Url))
            throw new ProbeFailedException(FailureKind.CrossOrigin, "The request would go to another origin than the endpoint's.");
        if (withCredentials)
            headers.AddTo(request);
        if (_connections.Count == 0)
            Connect();
        var connection = _connections[0];
        var started = run.Time.GetTimestamp();
        using var response = await connection.SendAsync(request, cancellationToken);
        run.LogAnswer(request.Method.Method, request.RequestUri!.AbsolutePath, response, started);
        try
        {
            await using var body = new LimitedStream(await response.Content.ReadAsStreamAsync(cancellationToken), MostBytes);
            using var content = await PooledBuffer.ReadToEndAsync(body, cancellationToken);
            return new DeepAnswer((int)response.StatusCode, ReplyReader.MediaTypeOf(response, run), content.Span.ToArray(), HeadersOf(response));
        }
        catch (Exception error) when (connection.ToFailure(error) is { } failure)
        {
            throw new ProbeFailedException(failure);
        }
    }

    public void Dispose() => _connections.ForEach(connection => connection.Dispose());

    private static Dictionary<string, string> HeadersOf(HttpResponseMessage response)
    {
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.NonValidated)
            all[name] = values.ToString();
        foreach (var (name, values) in response.Content.Headers.NonValidated)
            all[name] = values.ToString();
        return all;
    }
}

/// <summary>An HTTP answer, read whole.</summary>
/// <param name="MediaType">Null when it names none.</param>
internal sealed record DeepAnswer(int Status, string? MediaType, ReadOnlyMemory<byte> Body, IReadOnlyDictionary<string, string> Headers);
