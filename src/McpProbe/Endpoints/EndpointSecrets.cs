using McpProbe.Text;

namespace McpProbe.Endpoints;

/// <summary>Where a definition refers to secrets.</summary>
public static class EndpointSecrets
{
    /// <summary>Each value that may hold references, by its path in the definition, such as <c>headers.X-Api-Key</c>.</summary>
    public static IEnumerable<(string Path, string Text)> TextsIn(Endpoint endpoint)
    {
        if (endpoint.Url is { } url)
            yield return ("url", url.OriginalString);
        foreach (var (name, value) in endpoint.Environment)
            yield return ($"environment.{name}", value);
        foreach (var (name, value) in endpoint.Headers)
            yield return ($"headers.{name}", value);
        if (endpoint.Bearer is { } bearer)
            yield return ("bearer", bearer);
        for (var i = 0; i < endpoint.Clients.Count; i++)
        {
            if (endpoint.Clients[i].Bearer is { } other)
                yield return ($"clients[{i}].bearer", other);
        }

        if (endpoint.OAuth is { } oauth)
        {
            yield return ("oauth.clientId", oauth.ClientId);
            yield return ("oauth.clientSecret", oauth.ClientSecret);
        }

        foreach (var (key, value) in endpoint.Tls.Named())
            yield return ($"tls.{key}", value);
    }

    /// <summary>A sentence's rest for each variable that has no value: <c>the environment variable …, which is not set; …</c>.</summary>
    /// <param name="secrets">Gives the value of a name; null for one that is not set (<see cref="SecretReference.FromEnvironment"/>).</param>
    public static IEnumerable<string> Missing(Endpoint endpoint, Func<string, string?> secrets) =>
        In(endpoint).Select(reference => reference.Name).Distinct().Where(name => string.IsNullOrEmpty(secrets(name))).Select(SecretReference.WhyMissing);

    /// <summary>Each reference, with the path of its value and the name of its variable.</summary>
    public static IEnumerable<(string Path, string Name)> In(Endpoint endpoint) =>
        TextsIn(endpoint).SelectMany(value => SecretReference.NamesIn(value.Text).Distinct().Select(name => (value.Path, name)));
}
