using System.Text.Json;
using McpProbe.Model;

namespace McpProbe.Server.Health;

/// <summary>Asks a running server, from the same machine or container, whether it can do its work.</summary>
internal static class HealthQuestion
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <param name="listens">What the server's own <c>--urls</c> says.</param>
    /// <returns>0 when it is well, 1 when it is not, 4 when nobody answers.</returns>
    public static async Task<int> AskAsync(string listens, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var url = new Uri(Reachable(listens), "/api/health");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Deadline };
        try
        {
            using var answer = await http.GetAsync(url, cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                await output.WriteLineAsync("ok");
                return ExitCodes.Ok;
            }

            await errors.WriteLineAsync($"{url} answers {(int)answer.StatusCode}: {ReasonsIn(await answer.Content.ReadAsStringAsync(cancellationToken))}");
            return ExitCodes.NotHealthy;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            await errors.WriteLineAsync(failure is HttpRequestException
                ? $"{url} does not answer: {(failure.InnerException ?? failure).Message}. Is the server running, and on these --urls?"
                : $"{url} did not answer within {Deadline.TotalSeconds:0} s.");
            return ExitCodes.Unreachable;
        }
    }

    /// <summary>An address that stands for every one of the machine's, as its loopback.</summary>
    internal static Uri Reachable(string listens)
    {
        var address = BindingAddress.Parse(listens);
        var host = address.Host is "*" or "+" or "0.0.0.0" ? "127.0.0.1" : address.Host is "[::]" ? "[::1]" : address.Host;
        return new Uri($"{address.Scheme}://{host}:{address.Port}");
    }

    private static string ReasonsIn(string body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            return problem.RootElement.ValueKind is JsonValueKind.Object && problem.RootElement.TryGetProperty("reasons", out var reasons) && reasons.ValueKind is JsonValueKind.Array
                ? string.Join("; ", reasons.EnumerateArray().Select(reason => reason.ToString()))
                : "it is not well";
        }
        catch (JsonException)
        {
            return "it is not McpProbe's health";
        }
    }
}
