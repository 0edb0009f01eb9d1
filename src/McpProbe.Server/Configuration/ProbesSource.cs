using McpProbe.Alerts.Channels;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Text;

namespace McpProbe.Server.Configuration;

/// <summary>Where this head's definitions come from: the probes file, and the demo's.</summary>
/// <param name="File">Null watches only what the API adds.</param>
/// <param name="Demo">Null without a demo.</param>
/// <param name="Fingerprint">Of the file as it was applied at start; null has the first look apply it.</param>
internal sealed record ProbesSource(string? File, ProbesDocument? Demo, string? Fingerprint = null)
{
    /// <summary>What the file says; an empty document where there is none.</summary>
    public async Task<Parsed<ProbesDocument>> ReadAsync(CancellationToken cancellationToken) =>
        File is { } file ? await ProbesFile.ReadAsync(file, cancellationToken) : new Parsed<ProbesDocument>(new ProbesDocument([], []), []);

    /// <summary>Judges all that can be judged of a file before it is applied.</summary>
    /// <param name="ofApi">The endpoints of the API, which use channels too.</param>
    public LoadedProbes Judge(Parsed<ProbesDocument> parsed, IReadOnlyList<Endpoint> ofApi)
    {
        if (parsed.Value is not { } read || parsed.Errors.Count > 0)
            return new LoadedProbes(null, [], parsed.Errors, []);
        var demo = Demo ?? new ProbesDocument([], []);
        if (Clash(read, demo) is { } clash)
            return new LoadedProbes(null, [], [Mistake($"--demo brings a '{clash}' of its own: give yours another name, or leave --demo out.")], []);

        List<Endpoint> all = [.. read.Endpoints, .. ofApi];
        var used = ChannelSecrets.UsedBy(all, [.. read.Reports.Select(report => report.Channel)], read.Channels).ToList();
        var unusable = ChannelSecrets.Missing(used, SecretReference.FromEnvironment);
        if (unusable.Count > 0)
            return new LoadedProbes(null, [], [.. unusable.Select(mistake => Mistake(mistake))], []);

        return new LoadedProbes(
            read with { Endpoints = [.. read.Endpoints, .. demo.Endpoints], Channels = [.. read.Channels, .. demo.Channels] },
            read.Endpoints,
            [],
            [
                .. ChannelSecrets.Missing(read.Channels.Except(used), SecretReference.FromEnvironment).Select(mistake => $"{mistake}. No endpoint uses it yet."),
                .. ofApi.SelectMany(endpoint => Unknown(endpoint, [.. read.Channels, .. demo.Channels])),
            ]);

        ConfigError Mistake(string message) => new(File ?? "--demo", 0, 0, "", message);
    }

    private static IEnumerable<string> Unknown(Endpoint endpoint, IReadOnlyList<Channel> channels) => endpoint.Channels
        .Concat(endpoint.Alerts.Escalate.SelectMany(step => step.Channels)).Distinct().Where(name => !channels.Any(channel => channel.Name == name))
        .Select(name => $"the endpoint '{endpoint.Id}' of the API names the channel '{name}', which is not in the probes file: its alerts go nowhere");

    private static string? Clash(ProbesDocument file, ProbesDocument demo) =>
        file.Endpoints.Select(each => each.Id).Intersect(demo.Endpoints.Select(each => each.Id))
            .Concat(file.Channels.Select(each => each.Name).Intersect(demo.Channels.Select(each => each.Name)))
            .FirstOrDefault();
}

/// <param name="Document">What to watch, the demo's too; null when there are mistakes.</param>
/// <param name="OfFile">The endpoints of the file alone.</param>
/// <param name="Warnings">What does no harm yet.</param>
internal sealed record LoadedProbes(
    ProbesDocument? Document, IReadOnlyList<Endpoint> OfFile, IReadOnlyList<ConfigError> Mistakes, IReadOnlyList<string> Warnings)
{
    /// <summary>
    /// Why a file that would take away all that is watched is not believed: it was emptied by mistake, or is another one. Null when
    /// it may be applied.
    /// </summary>
    /// <param name="watched">The ids that the file had.</param>
    /// <param name="imported">How many endpoints its imports brought.</param>
    public string? WhyNot(IReadOnlyCollection<string> watched, int imported) =>
        imported > 0 && OfFile.Count == 0 && Document!.Imports.Count == 0 ? $"it has neither an endpoint nor an import, and would take away {(imported == 1 ? "the one" : $"all {imported}")} that its imports brought"
        : watched.Count > 0 && !OfFile.Any(endpoint => watched.Contains(endpoint.Id)) && (OfFile.Count == 0 || watched.Count > 1)
            ? OfFile.Count == 0
                ? $"it has no endpoint, and would take away {(watched.Count == 1 ? "the one" : $"all {watched.Count}")} that it had"
                : $"it has none of the {watched.Count} endpoints that it had, so it may be another file"
            : null;
}
