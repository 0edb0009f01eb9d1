using McpProbe.Web.Access;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Agents;

/// <summary>Who calls a tool: what the access rule found out of the request that carries the call.</summary>
internal sealed class AgentCaller
{
    private HttpContext? _context;

    public HttpContext Context => _context ?? throw new InvalidOperationException("Outside a request of /mcp.");

    public Viewer Viewer => Viewer.Of(Context);

    public void Enter(HttpContext context) => _context = context;
}
