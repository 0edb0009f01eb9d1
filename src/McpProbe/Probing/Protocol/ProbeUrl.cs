using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Protocol;

/// <summary>Puts the secrets into the URL of a probe.</summary>
internal static class ProbeUrl
{
    /// <summary>Sets <see cref="ProbeRun.Url"/>. From now on no message shows the secrets, in any spelling that a server may repeat.</summary>
    /// <exception cref="ProbeFailedException">A secret is missing, or makes no URL (kind <c>config</c>).</exception>
    public static void Resolve(ProbeRun run, RequestHeaders headers)
    {
        run.Url = UrlText.Resolve(run.Endpoint.Url!, Remembered, out var mistake)
            ?? throw new ProbeFailedException(FailureKind.Config, $"The URL {mistake}.");

        string? Remembered(string name)
        {
            if (run.Options.Secrets(name) is not { Length: > 0 } secret)
                return null;
            foreach (var spelling in UrlText.Spellings(secret))
                headers.Remember(spelling);
            return secret;
        }
    }
}
