using System.Net.Http.Headers;
using System.Text;
using McpProbe.Functions.Http;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Functions.Tests;

/// <summary>HTTP requests over a real listener, handed to the functions as the platform does it.</summary>
internal static class Requests
{
    internal static async Task<(int Status, string Body, HttpResponseHeaders Headers)> SendAsync(
        this Head head, DurableTaskClient durable, string method, string path, string? body = null, string? key = "correct-horse-battery", string type = "application/json",
        string? accept = null, string? forwardedFor = null)
    {
        await using var platform = await StubServer.StartAsync(context => InvokeAsync(head, durable, context));
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        using var request = new HttpRequestMessage(new HttpMethod(method), platform.Url + path);
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (forwardedFor is not null)
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        if (accept is not null)
            request.Headers.Accept.ParseAdd(accept);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, type);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), answer.Headers);
    }

    internal static async Task InvokeAsync(Head head, DurableTaskClient durable, HttpContext context)
    {
        await using var scope = head.Services.CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        // What the platform's own routing leaves behind.
        context.SetEndpoint(new Endpoint(_ => throw new InvalidOperationException("the function's own endpoint ran"), null, "Web"));
        context.Request.RouteValues["path"] = context.Request.Path.Value!.TrimStart('/');

        if (context.Request.Method == "POST" && context.Request.Path == "/api/check")
            await ActivatorUtilities.CreateInstance<CheckNow>(scope.ServiceProvider).RunAsync(context.Request);
        else
            await ActivatorUtilities.CreateInstance<Functions.Http.Web>(scope.ServiceProvider).RunAsync(context.Request, durable);
    }
}
