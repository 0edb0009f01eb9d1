using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Imports;

/// <summary>Where a registry's entry says one thing of a server, and the server another. Pure.</summary>
public static class Contradictions
{
    /// <param name="endpoint">As it was imported: with the entry's name, version and transport.</param>
    /// <param name="result">Of a probe that was free to find the transport.</param>
    /// <returns>Parts of sentences, without anything that is not fit for a terminal.</returns>
    public static IEnumerable<string> Of(Endpoint endpoint, ProbeResult result)
    {
        if (endpoint.Imported is not { } listed)
            yield break;
        var status = listed.Status ?? ListingStatus.Active;
        if (result.Verdict is Verdict.Down && status is ListingStatus.Active)
            yield return $"listed as active, and is down ({(result.Failure is { } failure ? WireNames.Of(failure.Kind) : "?")})";
        if (result.Verdict is Verdict.Healthy or Verdict.Degraded && status is not ListingStatus.Active)
            yield return $"listed as {WireNames.Of(status)}, and works";
        if (result.Server is { } server)
        {
            if (listed.Version is { } version && server.Version is { } own && !ServerNames.AreSameVersion(own, version))
                yield return $"listed as version {ForeignText.Brief(version)}, and says that it is {ForeignText.Brief(own)}";
            if (server.Name is { } name && !ServerNames.Agree(name, listed.Name, endpoint.Name))
                yield return $"listed as {ForeignText.Brief(listed.Name)}, and calls itself {ForeignText.Brief(name)}";
        }

        var transport = endpoint.Transport switch
        {
            TransportChoice.Http => TransportKind.StreamableHttp,
            TransportChoice.Sse => TransportKind.HttpSse,
            _ => (TransportKind?)null,
        };
        if (transport is { } named && result.Transport is { } spoken && named != spoken)
            yield return $"listed with {WireNames.Of(named)}, and speaks {WireNames.Of(spoken)}";
    }
}
