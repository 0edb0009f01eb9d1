using System.Security.Cryptography;
using McpProbe.Web.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web;

/// <summary>Answers that others show or fetch again and again: kept for a minute, and then asked for by their tag.</summary>
internal static class ShortLived
{
    internal static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    /// <summary>304 when the asker has it already (RFC 9110, 13.1.2).</summary>
    internal static IResult Answer(HttpContext context, byte[] content, string type)
    {
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
        // What needs the key is nobody else's to keep.
        context.Response.Headers.CacheControl = $"{(Viewer.Of(context).SeesEverything ? "private" : "public")}, max-age={(int)Kept.TotalSeconds}";
        // Other sites may show it: there is nothing in it that its asker may not see.
        context.Items[SecurityHeaders.MayBeEmbedded] = true;
        return Results.Bytes(content, type, entityTag: tag);
    }
}
