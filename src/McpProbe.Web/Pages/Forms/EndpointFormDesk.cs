using McpProbe.Alerts.Channels;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Text;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Http;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Web.Pages.Forms;

/// <summary>Judges what was typed by the rules of the API, and makes the page that shows it again.</summary>
internal sealed class EndpointFormDesk(
    IReadOnlyDictionary<string, Channel> channels, ApiDefinitions rules, AccessControl access, WebOptions options, TimeProvider time)
{
    /// <summary>Whether a test probe may be asked for at all.</summary>
    internal bool MayTest => options.CheckUrls != CheckUrls.None;

    /// <returns>The endpoint, or every mistake; and what may be shown of what was typed.</returns>
    internal (Endpoint? Endpoint, IReadOnlyList<ConfigError> Mistakes, TypedEndpoint Shown) Judge(TypedEndpoint typed)
    {
        var (parsed, literals) = EndpointDraft.Read(
            typed.Fields, typed.Advanced, [.. channels.Keys.Order(StringComparer.Ordinal)], options.LongestTimeout);
        var mistakes = parsed.Value is { } endpoint ? [.. EndpointsApi.Refusals(endpoint, rules, channels)] : parsed.Errors;
        return (mistakes.Count == 0 ? parsed.Value : null, mistakes, mistakes.Count == 0 ? typed : typed.WithoutCredentials(literals));
    }

    /// <summary>Why a stored definition may not be watched as it is; empty when it may.</summary>
    internal IReadOnlyList<ConfigError> MistakesIn(Endpoint endpoint)
    {
        var (valid, errors) = EndpointJson.Read(
            System.Text.Encoding.UTF8.GetBytes(EndpointJson.ToJson(endpoint)), endpoint.Id, [.. channels.Keys.Order(StringComparer.Ordinal)], options.LongestTimeout);
        return valid is null ? errors : [.. EndpointsApi.Refusals(valid, rules, channels)];
    }

    /// <summary>Why a test cannot be made of it; null when it can.</summary>
    internal static ConfigError? WhyNoTest(Endpoint endpoint, bool isStored) =>
        !isStored && endpoint.Url is { } url && SecretReference.IsIn(url.OriginalString)
            ? new ConfigError("", 0, 0, "url", "holds a secret, and a test uses none of this machine. Save it, and look at its first result.")
            : null;

    /// <param name="id">Of the endpoint that is changed; null for a new one.</param>
    internal IResult Page(
        HttpContext context, string? id, TypedEndpoint typed, FormMistakes mistakes, TestProbe? test = null, int status = StatusCodes.Status200OK) =>
        new PageResult<EndpointFormPage>(
            new()
            {
                [nameof(EndpointFormPage.Id)] = id,
                [nameof(EndpointFormPage.Of)] = new EndpointFormView(typed, mistakes, test, [.. channels.Keys.Order(StringComparer.Ordinal)], MayTest, time.GetUtcNow()),
                [nameof(EndpointFormPage.Viewer)] = Viewer.Of(context),
                [nameof(EndpointFormPage.CanSignIn)] = access.HasKey,
                [nameof(EndpointFormPage.Options)] = options,
            },
            status);
}

/// <param name="Test">What a test probe found; null when there was none.</param>
/// <param name="Channels">Those there are.</param>
internal sealed record EndpointFormView(
    TypedEndpoint Typed, FormMistakes Mistakes, TestProbe? Test, IReadOnlyList<string> Channels, bool MayTest, DateTimeOffset Now);
