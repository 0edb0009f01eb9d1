using System.Text;
using McpProbe.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Functions.Tests;

/// <summary>HTTP requests as the platform hands them to the functions: routed to one of them, with its own scope of services.</summary>
internal static class Requests
{
    internal static async Task<(int Status, string Body, IHeaderDictionary Headers)> SendAsync(
        this Head head, DurableTaskClient durable, string method, string path, string? body = null, string? key = "correct-horse")
    {
        await using var scope = head.Services.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        context.Features.Set<IHttpBodyControlFeature>(null);
        context.Request.Method = method;
        context.Request.Scheme = "https";
        context.Request.Host = new HostString("probe.example.com");
        var at = path.IndexOf('?', StringComparison.Ordinal);
        context.Request.Path = at < 0 ? path : path[..at];
        context.Request.QueryString = new QueryString(at < 0 ? "" : path[at..]);
        if (key is not null)
            context.Request.Headers.Authorization = $"Bearer {key}";
        if (body is not null)
        {
            context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
            context.Request.ContentLength = context.Request.Body.Length;
            context.Request.ContentType = "application/json";
        }

        // What the platform's own routing leaves behind.
        context.SetEndpoint(new Microsoft.AspNetCore.Http.Endpoint(_ => throw new InvalidOperationException("the function's own endpoint ran"), null, "Web"));
        context.Request.RouteValues["path"] = path.TrimStart('/');
        using var answer = new MemoryStream();
        context.Response.Body = answer;

        if (method == "POST" && context.Request.Path == "/api/check")
            await ActivatorUtilities.CreateInstance<CheckNow>(scope.ServiceProvider).RunAsync(context.Request);
        else
            await ActivatorUtilities.CreateInstance<Functions.Http.Web>(scope.ServiceProvider).RunAsync(context.Request, durable);
        return (context.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()), context.Response.Headers);
    }
}
