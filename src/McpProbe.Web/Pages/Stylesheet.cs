using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Pages;

/// <summary>The one stylesheet, embedded so that it is served from the pipeline on every host.</summary>
internal static class Stylesheet
{
    private static readonly byte[] Content = Read();
    private static readonly string Tag = Convert.ToHexStringLower(SHA256.HashData(Content))[..16];

    /// <summary>Its address changes with its content, so it may be cached for good.</summary>
    internal static string Path { get; } = "/app.css?v=" + Tag;

    internal static IResult Answer(HttpContext context)
    {
        context.Response.Headers.CacheControl = context.Request.Query["v"] == Tag ? "public, max-age=31536000, immutable" : "no-cache";
        return Results.Bytes(Content, "text/css; charset=utf-8", entityTag: new EntityTagHeaderValue($"\"{Tag}\""));
    }

    private static byte[] Read()
    {
        using var stream = typeof(Stylesheet).Assembly.GetManifestResourceStream("app.css")
            ?? throw new InvalidOperationException("app.css is not embedded.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
