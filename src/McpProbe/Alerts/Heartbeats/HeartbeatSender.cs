using System.Net.Sockets;
using McpProbe.Alerts.Senders;

namespace McpProbe.Alerts.Heartbeats;

/// <summary>
/// Sends heartbeats: a GET, as every such service takes it. As alerts are sent: to checked addresses, without redirects and proxies.
/// </summary>
public sealed class HeartbeatSender(HeartbeatAddress address, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _http = AlertHttp.CreateClient();

    /// <summary>One heartbeat, once: the next one comes soon.</summary>
    /// <param name="isWell">Nothing at all is sent otherwise, unless there is an address for that.</param>
    /// <returns>Why it did not arrive, without the address's secret; null when it did, or nothing was to be sent.</returns>
    public async Task<string?> SendAsync(bool isWell, CancellationToken cancellationToken)
    {
        if ((isWell ? address.Well : address.Failing) is not { } url)
            return null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => deadline.Cancel(), null, Longest, Timeout.InfiniteTimeSpan);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation("User-Agent", "McpProbe");
            using var response = await _http.SendAsync(request, deadline.Token);
            return response.IsSuccessStatusCode ? null : $"{url.Host} answered {(int)response.StatusCode}; check the address";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{url.Host} did not answer within {Longest.TotalSeconds:F0} s";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
        {
            return $"could not reach {url.Host}: {exception.Message}";
        }
    }

    public void Dispose() => _http.Dispose();
}
