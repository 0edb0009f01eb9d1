using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Api;

/// <summary><c>If-Match</c> and <c>If-None-Match: *</c> of a change (RFC 9110, 13.1): two who edit the same thing do not undo one another.</summary>
internal static class Precondition
{
    /// <summary>The version of a definition, which is not that of the state that is shown beside it.</summary>
    internal static string ETagOf(long generation) => $"\"{generation.ToString(CultureInfo.InvariantCulture)}\"";

    /// <returns>What judges the generation that stands, null for no definition; or a refusal; or neither, where nothing is asked for.</returns>
    internal static (Predicate<long?>? When, IResult? Refusal) Read(HttpRequest request)
    {
        var (test, refusal) = ReadTags(request);
        return (test is null ? null : generation => test(generation is { } known ? ETagOf(known) : null), refusal);
    }

    /// <returns>The same for the tag of what stands; null for nothing.</returns>
    internal static (Predicate<string?>? When, IResult? Refusal) ReadTags(HttpRequest request)
    {
        var match = request.Headers[HeaderNames.IfMatch];
        var none = request.Headers[HeaderNames.IfNoneMatch];
        if (match.Count == 0 && none.Count == 0)
            return (null, null);
        if (match.Count > 0 && none.Count > 0)
            return (null, Problem.Of(StatusCodes.Status400BadRequest, "Send If-Match or If-None-Match, not both: nothing could meet them."));
        if (none.Count > 0)
        {
            return none.ToString() is "*"
                ? (tag => tag is null, null)
                : (null, Problem.Of(StatusCodes.Status400BadRequest, "If-None-Match of a change may be * only: it creates, and replaces nothing."));
        }

        if (match.ToString() is "*")
            return (tag => tag is not null, null);
        if (!EntityTagHeaderValue.TryParseStrictList(match, out var tags))
            return (null, Problem.Of(StatusCodes.Status400BadRequest, "If-Match must be * or the ETag of an answer, with its quotes."));
        var wanted = tags.Where(tag => !tag.IsWeak).Select(tag => tag.Tag.ToString()).ToHashSet(StringComparer.Ordinal);
        return (tag => tag is not null && wanted.Contains(tag), null);
    }

    internal static IResult Failed(string what, string path) => Problem.Of(
        StatusCodes.Status412PreconditionFailed,
        $"{what} is not as the request says: somebody changed, created or deleted it since. Nothing was changed. GET {path} and look at it again.");
}
