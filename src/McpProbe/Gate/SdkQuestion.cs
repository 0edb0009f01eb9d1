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

    /// <summary>Reads a question, asks the client, writes its <see cref="SdkOpinion"/>.</summary>
    /// <exception cref="JsonException">The input is not a question.</exception>
    public static async Task AnswerAsync(Stream input, Stream output, TimeProvider time)
    {
        var question = await JsonSerializer.DeserializeAsync(input, EngineJson.Default.SdkQuestion)
            ?? throw new JsonException("There is no question.");
        var (endpoint, mistakes) = EndpointJson.Read(JsonSerializer.SerializeToUtf8Bytes(question.Endpoint, EngineJson.Default.JsonElement));
        if (endpoint is null)
            throw new JsonException($"The endpoint is not valid: {string.Join(" ", mistakes)}");

        var options = new ProberOptions { Addresses = question.PublicOnly ? AddressRule.PublicOnly : AddressRule.AllowPrivate };
        var opinion = await SdkClient.AskAsync(endpoint with { Headers = question.Headers }, question.Transport, options, time, CancellationToken.None);
        await JsonSerializer.SerializeAsync(output, opinion, EngineJson.Default.SdkOpinion);
    }
}
