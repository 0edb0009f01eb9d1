using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Web.Tokens;

namespace McpProbe.Web.Api;

/// <summary>
/// Probes URLs that an asker named: to public addresses only unless the operator allows more, and never with the operator's
/// secrets.
/// </summary>
internal sealed class OnDemandProber(CheckUrls rule, TimeProvider time)
{
    internal McpProber Prober { get; } = new(
        new ProberOptions
        {
            Addresses = rule == CheckUrls.Any ? AddressRule.AllowPrivate : AddressRule.PublicOnly,
            Secrets = static _ => null,
            Tokens = TokenCounter.Of,
        },
        time);
}
