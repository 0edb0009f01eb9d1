using McpProbe.Alerts.Channels;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration;

/// <summary>
/// What a definition that comes by the API may not say: whoever may call the API may not thereby start programs or open files on
/// this machine, nor have any secret of it sent where they like. Looked at when a definition is put, and again at each probe.
/// </summary>
public sealed class ApiDefinitions(ApiSecrets allowed)
{
    // By the variable's name, as Windows compares them too: it has one environment whatever the letters' case.
    private volatile Dictionary<string, string> _channels = [];
    private volatile Dictionary<string, string> _fromFile = [];

    /// <summary>Takes note of who else uses which variables. Called again when they change.</summary>
    /// <param name="endpoints">Those of the probes file.</param>
    public void Follow(IEnumerable<Channel> channels, IEnumerable<Endpoint> endpoints)
    {
        var ofChannels = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var channel in channels)
        {
            foreach (var name in ChannelSecrets.NamesIn(channel))
                ofChannels.TryAdd(name, channel.Name);
        }

        var ofEndpoints = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var endpoint in endpoints)
        {
            foreach (var (_, name) in EndpointSecrets.In(endpoint))
                ofEndpoints.TryAdd(name, endpoint.Id);
        }

        (_channels, _fromFile) = (ofChannels, ofEndpoints);
    }

    /// <summary>Every mistake, with its path in the definition.</summary>
    public IEnumerable<ConfigError> MistakesIn(Endpoint endpoint)
    {
        if (endpoint.Command is not null)
            yield return Mistake("command", "A stdio server is started on McpProbe's own machine, so it can only be defined in the probes file. Give a 'url' here.");
        foreach (var (key, value) in endpoint.Tls.Named())
        {
            if (!SecretReference.Is(value))
                yield return Mistake($"tls.{key}", $"A file is opened on McpProbe's own machine, so its path can only stand in the probes file. Write {SecretReference.Example} here, and put the PEM text into that variable.");
        }

        foreach (var (path, name) in EndpointSecrets.In(endpoint))
        {
            if (WhyNot(name) is { } why)
                yield return Mistake(path, why);
        }
    }

    /// <summary>Why a stored definition is not probed, though it was taken once: a setting, a channel or McpProbe itself has changed since. Null when it may be.</summary>
    public string? Refusal(Endpoint endpoint) => endpoint.FromApi && MistakesIn(endpoint).FirstOrDefault() is { } mistake
        ? $"The definition is not allowed (any more): {mistake.Path}: {mistake.Message}"
        : null;

    private string? WhyNot(string name)
    {
        var shown = ForeignText.Brief(name);
        // NAME is also read from the file that NAME_FILE names.
        var plain = name.EndsWith(SecretReference.FileSuffix, StringComparison.OrdinalIgnoreCase) ? name[..^SecretReference.FileSuffix.Length] : name;
        if (SecretReference.IsOurs(name))
            return $"The variable {shown} is McpProbe's own, and no endpoint may name it. Name another.";
        if (_channels.TryGetValue(name, out var channel) || _channels.TryGetValue(plain, out channel))
            return $"The variable {shown} holds a secret of the channel '{channel}', which no definition of the API may name. Name another.";
        if (!allowed.Allows(name))
            return $"Definitions of the API may name these variables only: {allowed}. Name one of them, have the operator add {shown} to {ApiSecrets.Setting}, or define the endpoint in the probes file.";
        if (!allowed.IsNamed(name) && (_fromFile.TryGetValue(name, out var endpoint) || _fromFile.TryGetValue(plain, out endpoint)))
            return $"The variable {shown} holds a secret of '{endpoint}' in the probes file, and is not for another definition to send elsewhere. Name another, or have the operator add {shown} itself to {ApiSecrets.Setting}.";
        return null;
    }

    private static ConfigError Mistake(string path, string message) => new("body", 1, 1, path, message);
}
