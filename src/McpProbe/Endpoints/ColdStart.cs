namespace McpProbe.Endpoints;

/// <summary>Cold starts are measured: <c>coldStart</c> in the probes file.</summary>
/// <param name="After">The silence after which hosts may have put the server to sleep; the interval is at least as long.</param>
/// <param name="Budget">The longest that a cold handshake may take; null for any time.</param>
public sealed record ColdStart(TimeSpan After, TimeSpan? Budget)
{
    public static readonly TimeSpan DefaultAfter = TimeSpan.FromMinutes(20);
}
