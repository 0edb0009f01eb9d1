using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Net;

/// <summary>
/// Parsed TLS material by its texts, which are read again for every probe: so a renewed certificate is used at once, and one that
/// stays is not parsed each time.
/// </summary>
internal sealed class TlsMaterialCache
{
    /// <summary>Distinct sets of certificates; endpoints usually share a few.</summary>
    private const int Capacity = 1024;

    private readonly Dictionary<string, TlsMaterial> _byTexts = [];

    /// <exception cref="ProbeFailedException">Something that the settings name cannot be used (kind <c>config</c>).</exception>
    public TlsMaterial Read(ProbeRun run)
    {
        var settings = run.Endpoint.Tls;
        if (settings == TlsSettings.Default)
            return TlsMaterial.Default;

        var texts = TlsTexts.Read(settings, run.Options.Secrets);
        if (texts.Mistakes is [var unread, ..])
            throw Config(unread);

        var fingerprint = texts.Fingerprint();
        TlsMaterial? material;
        lock (_byTexts)
            _byTexts.TryGetValue(fingerprint, out material);
        if (material is null)
        {
            (material, var mistakes) = TlsMaterial.Parse(texts);
            if (material is null)
                throw Config(mistakes[0]);
            lock (_byTexts)
            {
                // What a probe under way still uses is not disposed of; the collector does that.
                if (_byTexts.Count >= Capacity)
                    _byTexts.Clear();
                _byTexts[fingerprint] = material;
            }
        }

        return material.MistakeAt(run.Time.GetUtcNow()) is { } mistake ? throw Config(mistake) : material;
    }

    private static ProbeFailedException Config(TlsMistake mistake) =>
        new(FailureKind.Config, $"The endpoint's tls.{mistake.Key}: {mistake.Message}.");
}
