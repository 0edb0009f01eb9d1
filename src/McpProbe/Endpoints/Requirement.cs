using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Endpoints;

/// <summary>How strongly a standard asks for something (RFC 2119).</summary>
[JsonConverter(typeof(WireNameConverter<Requirement>))]
public enum Requirement
{
    Should,
    Must,
}
