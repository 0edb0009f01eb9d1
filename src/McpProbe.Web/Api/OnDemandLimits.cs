using System.Globalization;
using System.Threading.RateLimiting;
using McpProbe.Configuration.Reading;
using McpProbe.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Api;

/// <summary>How much of this machine checks on demand may take: so many at once, of one address and of all, and each so long.</summary>
internal sealed class OnDemandLimits : IDisposable
{
    internal const int MostOfOneCaller = 4;
    internal const int MostAtOnce = 16;

    /// <summary>For what the asker names; an endpoint that is registered has the timeout that its definition says.</summary>
    internal static readonly TimeSpan LongestTimeout = TimeSpan.FromSeconds(30);

    internal static readonly string TooMany =
        $"Too many checks are under way: {MostOfOneCaller} at once from one address, and {MostAtOnce} in all. Wait for one to end, then ask again.";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly PartitionedRateLimiter<HttpContext> _limiter = PartitionedRateLimiter.CreateChained(
        PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetConcurrencyLimiter(
            context.Connection.RemoteIpAddress?.ToString() ?? "", _ => new ConcurrencyLimiterOptions { PermitLimit = MostOfOneCaller, QueueLimit = 0 })),
        PartitionedRateLimiter.Create<HttpContext, int>(_ => RateLimitPartition.GetConcurrencyLimiter(
            0, _ => new ConcurrencyLimiterOptions { PermitLimit = MostAtOnce, QueueLimit = 0 })));

    /// <returns>Either the place, to be given back, or the refusal.</returns>
    internal (RateLimitLease? Place, IResult? Refusal) Enter(HttpContext context)
    {
        var place = _limiter.AttemptAcquire(context);
        if (place.IsAcquired)
            return (place, null);
        place.Dispose();
        context.Response.Headers[HeaderNames.RetryAfter] = RetryAfter.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return (null, Problem.Of(StatusCodes.Status429TooManyRequests, TooMany));
    }

    internal static IEnumerable<ConfigError> Refusals(McpProbe.Endpoints.Endpoint endpoint)
    {
        if (endpoint.Timeout > LongestTimeout)
        {
            yield return new ConfigError(
                "body", 1, 1, "timeout",
                $"A check on demand takes {Durations.Format(LongestTimeout)} at most. Shorten the timeout, or register the endpoint and check its id.");
        }
    }

    public void Dispose() => _limiter.Dispose();
}
