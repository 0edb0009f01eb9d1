using Microsoft.AspNetCore.Http;

namespace McpProbe.Web;

internal static class Methods
{
    /// <summary>Routing does not answer HEAD where only GET is mapped.</summary>
    internal static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];
}
