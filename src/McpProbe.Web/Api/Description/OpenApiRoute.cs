using System.Text;
using System.Text.Json.Nodes;
using McpProbe.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace McpProbe.Web.Api.Description;

/// <summary>
/// <c>GET /openapi.json</c>: the API as OpenAPI 3.1. Paths, methods and parameters of paths are the routes' own; what each answers is
/// <see cref="ApiOperations"/>, and the shapes are those of docs/schema, which <c>GET /schema/{name}</c> answers one by one. Open to
/// everybody: it says nothing of what is watched.
/// </summary>
internal static class OpenApiRoute
{
    internal const string Name = "v1";
    internal const string Path = "/openapi.json";

    internal static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = route => route.RelativePath?.StartsWith("api/", StringComparison.Ordinal) is true;
    }

    internal static void Map(IEndpointRouteBuilder routes)
    {
        // Routes do not change once they are mapped.
        var once = new Lazy<Task<string>>(() => WriteAsync(routes.ServiceProvider));
        routes.MapMethods(Path, Methods.Read, async () => Results.Text(await once.Value, "application/json", Encoding.UTF8)).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/schema/{name}", Methods.Read, (string name) => PublishedSchema.Read(name) is { } schema
            ? Results.Text(schema, "application/schema+json", Encoding.UTF8)
            : Problem.Of(StatusCodes.Status404NotFound, $"There is no such schema here. There are: {string.Join(", ", PublishedSchema.Names)}.")).WithMetadata(OpenRoute.Instance);
    }

    private static async Task<string> WriteAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var document = await scope.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync();
        var root = JsonNode.Parse(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1))!.AsObject();
        ApiDescription.Complete(root);
        return root.ToJsonString(ApiDescription.Indented);
    }
}
