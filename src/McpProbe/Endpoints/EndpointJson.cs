using System.Text.Json;

namespace McpProbe.Endpoints;

/// <summary>One endpoint as JSON, in the shape that it has in a probes file: for the API, for stores and for queue messages.</summary>
public static class EndpointJson
{
    /// <summary>Reads and validates.</summary>
    /// <param name="id">The id from the route; null to take it from the document. When both are there they must agree.</param>
    public static Parsed<Endpoint> Read(ReadOnlyMemory<byte> json, string? id = null) => throw new NotImplementedException();

    /// <summary>Writes what <see cref="Read"/> reads; values that are the default are left out.</summary>
    public static void Write(Utf8JsonWriter writer, Endpoint endpoint) => throw new NotImplementedException();

    public static string ToJson(Endpoint endpoint) => throw new NotImplementedException();
}
