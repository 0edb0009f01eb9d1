using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Pages;

/// <summary>A file that the pages need, embedded so that it is served from the pipeline on every host.</summary>
internal sealed class Asset
{
    internal static readonly Asset Stylesheet = new("app.css", "text/css; charset=utf-8");

    /// <summary>Shows times in the reader's zone; without it pages show UTC.</summary>
    internal static readonly Asset Script = new("app.js", "text/javascript; charset=utf-8");

    private readonly byte[] _content;
    private readonly string _tag;
    private readonly string _type;

    private Asset(string name, string type)
    {
        (_content, _type) = (Read(name), type);
        _tag = Convert.ToHexStringLower(SHA256.HashData(_content))[..16];
        Path = $"/{name}?v={_tag}";
    }

    /// <summary>Its address changes with its content, so it may be cached for good.</summary>
    internal string Path { get; }

    internal IResult Answer(HttpContext context)
    {
        context.Response.Headers.CacheControl = context.Request.Query["v"] == _tag ? "public, max-age=31536000, immutable" : "no-cache";
        return Results.Bytes(_content, _type, entityTag: new EntityTagHeaderValue($"\"{_tag}\""));
    }

    private static byte[] Read(string name)
    {
        using var stream = typeof(Asset).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
