namespace McpProbe.Probing.OAuth;

/// <summary>A bearer token (RFC 6750) and how long it is good for.</summary>
/// <param name="Key">What it was got for; see <see cref="AccessTokens"/>.</param>
/// <param name="RefreshAt">From then on a new one is got while this one still works.</param>
internal sealed record AccessToken(string Key, string Value, DateTimeOffset RefreshAt, DateTimeOffset ExpiresAt, DateTimeOffset IssuedAt)
{
    /// <summary>When the server does not say how long: short enough that a wrong guess heals soon.</summary>
    private static readonly TimeSpan UnknownLifetime = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(1);

    /// <summary>
    /// Refreshed at 70 to 80 % of its life: an hour's token leaves 12 minutes in which the token endpoint may be down and no probe
    /// fails. The spread keeps a thousand endpoints that started together from asking together ever after.
    /// </summary>
    /// <param name="expiresIn">Seconds, as the server says (RFC 6749, 5.1).</param>
    public static AccessToken Issued(string key, string value, double? expiresIn, DateTimeOffset now)
    {
        var lifetime = expiresIn is not { } seconds || double.IsNaN(seconds)
            ? UnknownLifetime
            : TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestLifetime.TotalSeconds));
        return new(key, value, now + lifetime * (0.7 + 0.1 * Random.Shared.NextDouble()), now + lifetime, now);
    }
}
