using System.Text.Json.Serialization;
using McpProbe.Configuration.Reading;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace McpProbe.Web.Api;

/// <summary>Problem details (RFC 9457): every error of the API; docs/schema/problem.schema.json.</summary>
/// <param name="Type"><c>about:blank</c>: the status says what kind of problem it is.</param>
/// <param name="Detail">What happened and what to do next.</param>
/// <param name="Errors">Every mistake in what was sent.</param>
/// <param name="Reasons">What keeps McpProbe from its work, each a reason and what to do.</param>
/// <param name="Causes">The same for programs.</param>
public sealed record Problem(
    string Type,
    string Title,
    int Status,
    string Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Mistake>? Errors = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Reasons = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Cause>? Causes = null)
{
    internal const string ContentType = "application/problem+json";

    internal static IResult Of(int status, string detail, IReadOnlyList<Mistake>? errors = null) => Create(status, detail, errors).Answer();

    /// <param name="withDetails">Whether the asker may see what is concerned.</param>
    internal static IResult Of(IReadOnlyList<Obstacle> obstacles, bool withDetails = false) => (Create(
        StatusCodes.Status503ServiceUnavailable, string.Join(' ', obstacles.Select(obstacle => $"{obstacle}"))) with
    {
        Reasons = [.. obstacles.Select(obstacle => $"{obstacle}")],
        Causes = [.. obstacles.Select(obstacle => Cause.Of(obstacle, withDetails))],
    }).Answer();

    internal IResult Answer() => Results.Json(this, WebJson.Default.Problem, ContentType, Status);

    internal static IResult Invalid(string what, IEnumerable<ConfigError> errors) => Of(
        StatusCodes.Status400BadRequest,
        $"{what} is not valid, and nothing was changed. Each mistake is listed in 'errors'.",
        [.. errors.Select(error => new Mistake(Math.Max(1, error.Line), Math.Max(1, error.Column), error.Path, error.Message))]);

    internal static IResult NoEndpoint(string id) => MissingEndpoint(id).Answer();

    internal static Problem MissingEndpoint(string id) => Create(
        StatusCodes.Status404NotFound, $"There is no endpoint '{id}' here. GET /api/endpoints lists those there are.");

    internal static Problem Create(int status, string detail, IReadOnlyList<Mistake>? errors = null) =>
        new("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, errors);
}

/// <summary>One thing that keeps McpProbe from its work.</summary>
/// <param name="Code">The same for every such case: <c>results-stale</c>; docs/operations.md lists them.</param>
/// <param name="Message">What it means, and what to do.</param>
/// <param name="Since">Absent where nobody knows.</param>
/// <param name="Details">What is concerned, by name; only for those who may see everything.</param>
public sealed record Cause(
    string Code,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Since = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Details = null)
{
    internal static Cause Of(Obstacle obstacle, bool withDetails) => new(
        obstacle.Code, obstacle.Detail, obstacle.Since, withDetails && obstacle.Details.Count > 0 ? obstacle.Details : null);
}

/// <summary>One mistake in a request.</summary>
/// <param name="Line">From 1, in the body.</param>
/// <param name="Column">From 1.</param>
/// <param name="Path">Where in the document, such as <c>conditions.requireTools[0]</c>; a parameter of the query is <c>?limit</c>.</param>
public sealed record Mistake(int Line, int Column, string Path, string Message);
