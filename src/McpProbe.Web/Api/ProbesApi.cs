using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using McpProbe.Alerts.Channels;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Monitoring;
using McpProbe.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Web.Api;

/// <summary>
/// The endpoints of the API as one document: <c>GET /api/probes</c>, and <c>PUT /api/probes</c>, which makes them those of a probes file.
/// A head that has a probes file of its own is ruled by that one, and takes no other.
/// </summary>
internal static class ProbesApi
{
    private const int MostBytes = 16 << 20;

    // Plans are made and carried out one after the other: a plan is right for what stood when it was made.
    private static readonly SemaphoreSlim Gate = new(1, 1);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/probes", Methods.Read, GetAsync);
        routes.MapPut("/api/probes", PutAsync);
    }

    private static async Task<IResult> GetAsync(HttpContext context, IEndpointStore endpoints, CancellationToken cancellationToken)
    {
        var all = await endpoints.ListEndpointsAsync(cancellationToken);
        context.Response.Headers.ETag = ETagOf(all);
        var file = RuledByFile(context);
        var buffer = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("endpoints");
            foreach (var each in all.Where(each => each.Mistakes is null && (each.Source is EndpointSource.Api || (file && each.Source is EndpointSource.File))))
                EndpointJson.Write(writer, each.Endpoint);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Results.Bytes(buffer.WrittenMemory.ToArray(), "application/json");
    }

    private static async Task<IResult> PutAsync(
        HttpContext context, EndpointRegistry registry, IEndpointStore endpoints, IReadOnlyDictionary<string, Channel> channels,
        ApiDefinitions rules, WebOptions options, CancellationToken cancellationToken)
    {
        if (Query.Flag(context.Request, "dryRun", out var dryRun) is { } wrongDryRun)
            return wrongDryRun;
        if (Query.Flag(context.Request, "allowEmpty", out var allowEmpty) is { } wrongAllowEmpty)
            return wrongAllowEmpty;
        var (when, wrongCondition) = Precondition.ReadTags(context.Request);
        if (wrongCondition is not null)
            return wrongCondition;
        if (dryRun)
            context.Features.Set(ChangesNothing.Instance);
        if (RuledByFile(context))
        {
            return Problem.Of(
                StatusCodes.Status409Conflict,
                "This McpProbe has a probes file, and watches what that one says. Change the file: it is read again by itself. To rule the endpoints by this API, start it without --probes, with a data directory of its own.");
        }

        var (body, tooLarge) = await RequestBody.ReadAsync(context.Request, MostBytes, cancellationToken);
        if (tooLarge is not null)
            return tooLarge;
        var (document, mistakes) = Read(body, channels, rules, options);
        if (document is null)
            return Problem.Invalid("The file", mistakes);

        await Gate.WaitAsync(cancellationToken);
        try
        {
            var known = await endpoints.ListEndpointsAsync(cancellationToken);
            var tag = ETagOf(known);
            if (when?.Invoke(tag) is false)
                return Precondition.Failed("What is watched", "/api/probes");
            var plan = ProbesPlan.Of(document.Endpoints, known, EndpointSource.Api);
            if (plan.Foreign is { Count: > 0 } foreign)
                return Problem.Of(StatusCodes.Status409Conflict, $"Not of the API, and so not for this file to define: {string.Join(", ", foreign.Take(10))}. Use other ids. Nothing was changed.");
            var owned = known.Count(each => each.Source is EndpointSource.Api);
            if (!allowEmpty && owned > 0 && plan.Leaving.Count == owned && (owned > 1 || document.Endpoints.Count == 0))
            {
                return Problem.Of(
                    StatusCodes.Status409Conflict,
                    $"The file has none of the {owned} endpoint(s) that are watched now, so it may be another one. Nothing was changed. Send it with ?allowEmpty=true if it is meant.");
            }

            if (!dryRun)
            {
                await registry.ApplyAsync(plan, cancellationToken);
                context.Features.Set(new AuditDetail(plan.Change.ToString()));
                tag = ETagOf(await endpoints.ListEndpointsAsync(cancellationToken));
            }

            context.Response.Headers.ETag = tag;
            return Results.Json(AppliedDocument.Of(plan, dryRun, Warnings(document, channels)), WebJson.Default.AppliedDocument);
        }
        finally
        {
            Gate.Release();
        }
    }

    private static (ProbesDocument? Document, IReadOnlyList<ConfigError> Mistakes) Read(
        ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, Channel> channels, ApiDefinitions rules, WebOptions options)
    {
        if (!Utf8.IsValid(body.Span))
            return (null, [new ConfigError("body", 1, 1, "", "the file is not valid UTF-8; save it as UTF-8")]);
        var text = Encoding.UTF8.GetString(body.Span);
        // By what it is: every JSON document is a YAML one too, but the mistakes of its own reader are clearer.
        var source = text.AsSpan().TrimStart(" \t\r\n\uFEFF").StartsWith("{") ? "body.json" : "body.yaml";
        var (document, errors) = ProbesFile.Parse(source, text, options.LongestTimeout, [.. channels.Keys]);
        if (document is null)
            return (null, errors);
        List<ConfigError> mistakes =
        [
            .. document.Channels.Select((channel, i) => (channel.Name, Path: $"channels[{i}]")).Where(each => !channels.ContainsKey(each.Name))
                .Select(each => new ConfigError("body", 1, 1, each.Path, $"The channel '{each.Name}' is not configured here, and no file that comes by the API can do it: channels and their secrets are the operator's. Configure it there first.")),
            .. document.Endpoints.SelectMany((endpoint, i) => rules.MistakesIn(endpoint).Concat(EndpointsApi.UnusableChannels(endpoint, channels))
                .Select(mistake => mistake with { Path = $"endpoints[{i}] ({endpoint.Id}): {mistake.Path}" })),
        ];
        return mistakes.Count == 0 ? (document, []) : (null, mistakes);
    }

    private static IReadOnlyList<string> Warnings(ProbesDocument document, IReadOnlyDictionary<string, Channel> channels) =>
    [
        .. document.Channels.Where(channel => channels[channel.Name] is var own && !(own.To.SequenceEqual(channel.To) && own == channel with { To = own.To }))
            .Select(channel => $"The channel '{channel.Name}' is configured here already, and otherwise than in the file: the file's is not applied."),
        .. from section in (IEnumerable<(string Name, bool IsThere)>)
           [
               ("timeZone", document.TimeZone is not null), ("reports", document.Reports.Count > 0), ("imports", document.Imports.Count > 0), ("pages", document.Pages.Count > 0),
           ]
           where section.IsThere
           select $"'{section.Name}' is for the operator's own probes file, and is not applied.",
    ];

    private static bool RuledByFile(HttpContext context) =>
        context.RequestServices.GetService<IProbesReload>() is { HasFile: true };

    /// <summary>Of all that a PUT replaces: ids and what they say.</summary>
    private static string ETagOf(IReadOnlyList<RegisteredEndpoint> known)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var each in known.Where(each => each.Source is EndpointSource.Api).OrderBy(each => each.Endpoint.Id, StringComparer.Ordinal))
            hash.AppendData(Encoding.UTF8.GetBytes(EndpointJson.ToJson(each.Endpoint) + "\n"));
        return $"\"{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16))}\"";
    }
}
