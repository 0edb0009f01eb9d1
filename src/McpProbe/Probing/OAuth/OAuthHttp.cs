using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.OAuth;

/// <summary>
/// The requests that getting a token needs, each origin over a connection of its own, with every guard of a probe's. Apart from
/// the probe's connection, so that its timings are those of a client that has its token.
/// </summary>
internal sealed class OAuthHttp(ProbeRun run, ConnectTarget target, TlsMaterial tls) : IDisposable
{
    /// <summary>Metadata and tokens are a few KiB.</summary>
    private const int MaxBytes = 256 * 1024;

    private readonly Dictionary<string, HttpConnection> _connections = [];

    /// <param name="what">What is asked, as a message names it: <c>The token endpoint</c>.</param>
    /// <param name="readBody">False where the answer's headers tell all, and its body may never end.</param>
    /// <exception cref="ProbeFailedException">There was no answer; the message says of whom.</exception>
    public async Task<OAuthAnswer> SendAsync(HttpRequestMessage request, string what, bool readBody, CancellationToken cancellationToken)
    {
        var url = request.RequestUri!;
        var connection = ConnectionTo(url);
        var started = run.Time.GetTimestamp();
        try
        {
            using var response = await connection.SendAsync(request, cancellationToken);
            run.Log($"{request.Method} {what.ToLowerInvariant()} -> {(int)response.StatusCode} in {run.Since(started)}");
            return new OAuthAnswer(
                (int)response.StatusCode,
                response.IsSuccessStatusCode ? null : HttpRefusal.ToFailure(response, run),
                readBody ? await ReadAsync(response, cancellationToken) : null,
                response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values) ? BearerChallenge.Read(values.ToString()) : BearerChallenge.None);
        }
        catch (OperationCanceledException) when (run.Deadline.HasExpired)
        {
            throw new ProbeFailedException(TimedOut(what, url, connection.Step));
        }
        catch (Exception error) when (connection.ToFailure(error) is { } failure)
        {
            throw new ProbeFailedException(failure with { Message = $"{Named(what, url)}: {failure.Message}" });
        }
    }

    /// <summary>What is asked and where, for a message.</summary>
    public string Named(string what, Uri url) => $"{what} ({run.Foreign(Origin.Of(url))})";

    public void Dispose()
    {
        foreach (var connection in _connections.Values)
            connection.Dispose();
    }

    private static async Task<OAuthDocument?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = new LimitedStream(await response.Content.ReadAsStreamAsync(cancellationToken), MaxBytes);
        using var content = await PooledBuffer.ReadToEndAsync(body, cancellationToken);
        return OAuthDocument.Read(content.Memory);
    }

    // Another origin sees neither our client certificate nor a relaxed check of its own; the endpoint's authorities hold for both.
    private HttpConnection ConnectionTo(Uri url)
    {
        var origin = Origin.Of(url);
        if (_connections.TryGetValue(origin, out var connection))
            return connection;

        connection = Origin.AreSame(url, run.Endpoint.Url!)
            ? new HttpConnection(run, target, tls, run.Endpoint.Insecure)
            : new HttpConnection(run, new ConnectTarget(url.IdnHost, url.Port), tls.WithoutClient(), insecure: false);
        return _connections[origin] = connection;
    }

    private Failure TimedOut(string what, Uri url, Phase? step)
    {
        var seconds = run.Endpoint.Timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return new(step is Phase.Connect ? FailureKind.ConnectTimeout : FailureKind.Timeout, step ?? run.Phase,
            $"{Named(what, url)} did not answer within {seconds} s{(step is { } phase ? $" ({WireNames.Of(phase)})" : "")}; "
            + "look at its load and at the way to it, or raise the timeout.");
    }
}

/// <param name="Refusal">What the status means; null for success.</param>
/// <param name="Document">The body; null when it was not asked for or is no JSON object.</param>
internal sealed record OAuthAnswer(int Status, Failure? Refusal, OAuthDocument? Document, BearerChallenge Challenge);
