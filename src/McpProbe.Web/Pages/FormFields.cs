using System.Net.Mime;
using System.Text;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace McpProbe.Web.Pages;

/// <summary>What a form of ours sent; a change is answered with a redirect.</summary>
internal sealed class FormFields
{
    private const int MostBytes = 8 << 10;

    private readonly Dictionary<string, StringValues> _fields;

    private FormFields(Dictionary<string, StringValues> fields) => _fields = fields;

    /// <summary>Null when the field was not sent.</summary>
    internal string? this[string name] => _fields.TryGetValue(name, out var value) ? value.ToString() : null;

    /// <summary>Every value of a field that was sent several times, such as boxes that are ticked.</summary>
    internal IReadOnlyList<string> Values(string name) => _fields.TryGetValue(name, out var values) ? [.. values.OfType<string>()] : [];

    /// <returns>The fields, or the answer to what is no such form.</returns>
    internal static async Task<(FormFields? Fields, IResult? Refusal)> ReadAsync(
        HttpRequest request, CancellationToken cancellationToken, int mostBytes = MostBytes)
    {
        if (!request.HasFormContentType)
            return (null, Problem.Of(StatusCodes.Status415UnsupportedMediaType, $"The form is sent as {MediaTypeNames.Application.FormUrlEncoded}."));
        var (body, tooLarge) = await RequestBody.ReadAsync(request, mostBytes, cancellationToken);
        return tooLarge is null ? (new FormFields(QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span))), null) : (null, tooLarge);
    }

    /// <summary>303: the browser follows with GET, and a reload does not send the form again.</summary>
    /// <param name="path">On this server.</param>
    internal static IResult SeeOther(HttpContext context, string path)
    {
        context.Response.Headers.Location = path;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }
}
