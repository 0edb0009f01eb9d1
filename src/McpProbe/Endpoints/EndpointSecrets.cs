using McpProbe.Text;

namespace McpProbe.Endpoints;

/// <summary>The secrets that an endpoint's probes will need: one that is missing is to be known at the start, not found out at night.</summary>
public static class EndpointSecrets
{
    /// <summary>A sentence's rest for each that has no value: <c>the environment variable …, which is not set; …</c>.</summary>
    /// <param name="secrets">Gives the value of a name; null for one that is not set (<see cref="SecretReference.FromEnvironment"/>).</param>
    public static IEnumerable<string> Missing(Endpoint endpoint, Func<string, string?> secrets) =>
        TextsOf(endpoint).OfType<string>().SelectMany(SecretReference.NamesIn).Distinct()
            .Where(name => string.IsNullOrEmpty(secrets(name)))
            .Select(SecretReference.WhyMissing);

    private static IEnumerable<string?> TextsOf(Endpoint endpoint) =>
    [
        endpoint.Bearer,
        endpoint.OAuth?.ClientId,
        endpoint.OAuth?.ClientSecret,
        endpoint.Url?.OriginalString,
        .. endpoint.Headers.Values,
        .. endpoint.Tls.Named().Select(each => each.Value),
    ];
}
