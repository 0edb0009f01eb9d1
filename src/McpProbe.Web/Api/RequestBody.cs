using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Api;

/// <summary>Bodies are small documents: read whole, up to a limit that holds on every host.</summary>
internal static class RequestBody
{
    internal const int MostBytes = 64 << 10;

    /// <returns>Null when it is longer than <paramref name="limit"/>; what comes after the limit is not read.</returns>
    internal static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
            return null;
        var buffer = new byte[limit + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        // Not a conditional expression: there null would become an empty memory.
        if (length > limit)
            return null;
        return buffer.AsMemory(0, length);
    }

    internal static IResult TooLarge(int limit) => Problem.Of(
        StatusCodes.Status413PayloadTooLarge, $"The body is longer than {limit >> 10} KiB. Send less.");
}
