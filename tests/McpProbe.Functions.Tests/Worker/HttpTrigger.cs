using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>HTTP requests as people and programs send them.</summary>
internal static class HttpTrigger
{
    internal static async Task<(HttpStatusCode Status, string? Type, string Body)> SendAsync(
        this FunctionsHost host, string method, string path, string? body = null, string? key = "correct-horse-battery", string function = "Web")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await host.SendAsync(function, request);
        return (
            answer.StatusCode, answer.Content.Headers.ContentType?.MediaType,
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
