using System.Text.Json;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Run;

namespace McpProbe.Gate;

/// <summary>
/// What <c>mcpprobe</c> asks <c>mcpprobe-sdk</c>, a line of JSON: an executable of its own, because the official client would make
/// the one that starts in milliseconds half as large again.
/// </summary>
/// <param name="Endpoint">In the shape of a probes file, without its headers.</param>
/// <param name="Headers">As they are sent, but for references to the environment, which both executables share.</param>
/// <param name="Transport">What the probe found.</param>
public sealed record SdkQuestion(
    JsonElement Endpoint, IReadOnlyDictionary<string, string> Headers, TransportKind Transport, bool PublicOnly)
{
    public static SdkQuestion Of(Endpoint endpoint, TransportKind transport, AddressRule addresses)
    {
        // Unlike in a probes file, headers of a command line may be literal secrets, which the shape does not take.
        var plain = endpoint with { Headers = new Dictionary<string, string>() };
        using var document = JsonDocument.Parse(EndpointJson.ToJson(plain));
        return new(document.RootElement.Clone(), endpoint.Headers, transport, addresses is AddressRule.PublicOnly);
    }
}
