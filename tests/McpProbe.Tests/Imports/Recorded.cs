using McpProbe.Configuration;
using McpProbe.Imports;
using McpProbe.Imports.Planning;
using McpProbe.Imports.Registries;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Tests.Imports;

/// <summary>Answers of registries in the shapes that they have, served by a local server, and files in the shapes that others write.</summary>
internal static class Recorded
{
    /// <summary>Without pauses between requests; everything else as it is.</summary>
    public static readonly ImportLimits Limits = ImportLimits.Default with { Pace = TimeSpan.Zero };

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static string Path(string file) => System.IO.Path.Combine(AppContext.BaseDirectory, "Imports", "recorded", file);

    /// <summary>A registry whose answers are chosen by path and query.</summary>
    /// <param name="answer">The file that is answered; null for 404.</param>
    /// <param name="asked">Takes each request.</param>
    public static Task<StubServer> ServeAsync(Func<string, string?> answer, Action<HttpRequest>? asked = null) => StubServer.StartAsync(async context =>
    {
        asked?.Invoke(context.Request);
        if (answer($"{context.Request.Path}{context.Request.QueryString}") is not { } file)
        {
            context.Response.StatusCode = 404;
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.SendFileAsync(Path(file));
    });

    public static IImportSource Registry(RegistryKind kind, string url, string? key = null, string? tenant = null, ImportLimits? limits = null) =>
        KnownRegistries.Open(kind, new Uri(url), key, tenant, "ops@example.com", limits ?? Limits, TimeProvider.System);

    public static async Task<IReadOnlyList<Listing>> ReadAsync(IImportSource source, ImportQuery? query = null) =>
        (await Importer.ReadAsync(source, query ?? new ImportQuery(), 1000, Limits, Token)).Listings;

    public static Task<IReadOnlyList<Listing>> ReadFileAsync(string source, string file) =>
        ReadAsync(SourceName.Parse($"{source}:{Path(file)}", out _)!.OpenFile(Limits));

    public static ImportPlan Plan(IReadOnlyList<Listing> listings, ImportPolicy? policy = null, params McpProbe.Endpoints.Endpoint[] known) =>
        new ImportPlanner(policy ?? new ImportPolicy("test"), known).Plan(listings);
}
