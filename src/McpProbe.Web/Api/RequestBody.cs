using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using McpProbe.Configuration.Reading;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Api;

/// <summary>Bodies are small documents: read whole, up to a limit that holds on every host.</summary>
internal static class RequestBody
{
    internal const int MostBytes = 64 << 10;

    /// <returns>Either the body or a refusal; what comes after the limit is not read.</returns>
    internal static async Task<(ReadOnlyMemory<byte> Body, IResult? Refusal)> ReadAsync(
        HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
            return (default, TooLarge(limit));
        var buffer = new byte[limit + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > limit ? (default, TooLarge(limit)) : (buffer.AsMemory(0, length), null);
    }

    /// <param name="expected">What to send, for people.</param>
    /// <returns>Either the document, which is null when the body says so, or a refusal.</returns>
    internal static async Task<(T? Document, IResult? Refusal)> ReadJsonAsync<T>(
        HttpRequest request, JsonTypeInfo<T> type, string expected, CancellationToken cancellationToken)
        where T : class
    {
        var (body, refusal) = await ReadAsync(request, MostBytes, cancellationToken);
        if (refusal is not null)
            return (null, refusal);
        try
        {
            return (JsonSerializer.Deserialize(body.Span, type), null);
        }
        catch (JsonException mistake)
        {
            return (null, Problem.Invalid("The request", [new ConfigError(
                "body", (int)(mistake.LineNumber ?? 0) + 1, (int)(mistake.BytePositionInLine ?? 0) + 1, mistake.Path ?? "",
                $"is not what is expected here; {expected}")]));
        }
    }

    private static IResult TooLarge(int limit) => Problem.Of(
        StatusCodes.Status413PayloadTooLarge, $"The body is longer than {limit >> 10} KiB. Send less.");
}
