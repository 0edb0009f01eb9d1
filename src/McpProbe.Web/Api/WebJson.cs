using System.Text.Json;
using System.Text.Json.Serialization;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;
using McpProbe.Web.Badges;

namespace McpProbe.Web.Api;

/// <summary>The API's own shapes as JSON, around the engine's.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcInstant)])]
[JsonSerializable(typeof(HealthDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(EndpointDocument))]
[JsonSerializable(typeof(EndpointsDocument))]
[JsonSerializable(typeof(ResultsDocument))]
[JsonSerializable(typeof(IncidentsDocument))]
[JsonSerializable(typeof(IncidentListDocument))]
[JsonSerializable(typeof(IncidentDetail))]
[JsonSerializable(typeof(AcknowledgeRequest))]
[JsonSerializable(typeof(NoteRequest))]
[JsonSerializable(typeof(DriftDocument))]
[JsonSerializable(typeof(SessionsDocument))]
[JsonSerializable(typeof(TokensDocument))]
[JsonSerializable(typeof(BaselineRequest))]
[JsonSerializable(typeof(BaselineReference))]
[JsonSerializable(typeof(MaintenanceRequest))]
[JsonSerializable(typeof(AdHocMaintenance))]
[JsonSerializable(typeof(ChannelsDocument))]
[JsonSerializable(typeof(ChannelTestDocument))]
[JsonSerializable(typeof(DeliveriesDocument))]
[JsonSerializable(typeof(ComparisonDocument))]
[JsonSerializable(typeof(ProbeResult))]
[JsonSerializable(typeof(ReloadDocument))]
[JsonSerializable(typeof(AppliedDocument))]
[JsonSerializable(typeof(AuditDocument))]
[JsonSerializable(typeof(ShieldsBadge))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class WebJson : JsonSerializerContext;

/// <summary>An endpoint in the shape that it has in a probes file.</summary>
internal sealed class EndpointConverter : JsonConverter<Endpoint>
{
    public override Endpoint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Endpoints are read by EndpointJson.Read, which lists every mistake.");

    public override void Write(Utf8JsonWriter writer, Endpoint value, JsonSerializerOptions options) => EndpointJson.Write(writer, value);
}
