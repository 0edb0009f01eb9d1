using McpProbe.Endpoints;

namespace McpProbe.Web;

/// <summary>The status pages for people outside, as they are configured now; all of them change at once.</summary>
public sealed class PublicPages
{
    private volatile IReadOnlyList<PublicPage> _all = [];

    public IReadOnlyList<PublicPage> All
    {
        get => _all;
        set => _all = value;
    }
}
