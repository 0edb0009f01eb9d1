using System.Diagnostics;
using System.Text.Json.Nodes;
using McpProbe.Testing;

namespace McpProbe.Tests.Probing;

/// <summary>The official TypeScript client in a child process (tests/servers/ts-client.mjs): whether it can list a server's tools.</summary>
internal sealed class TypeScriptClient : IAsyncDisposable
{
    private readonly Process _node;

    public TypeScriptClient()
    {
        RealServers.Script("@modelcontextprotocol/sdk/package.json");
        _node = Process.Start(new ProcessStartInfo("node", [Path.Combine(RealServers.Folder, "ts-client.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    /// <returns>The names of the tools in the order of the list, or what the client threw.</returns>
    public async Task<(IReadOnlyList<string>? Tools, string? Error)> ListAsync(string url, CancellationToken cancellationToken)
    {
        await _node.StandardInput.WriteLineAsync(url.AsMemory(), cancellationToken);
        await _node.StandardInput.FlushAsync(cancellationToken);
        var answer = JsonNode.Parse(await _node.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException("the client ended"))!;
        return answer["tools"] is JsonArray tools ? ([.. tools.Select(tool => (string)tool!)], null) : (null, (string?)answer["error"]);
    }

    public async ValueTask DisposeAsync()
    {
        _node.StandardInput.Close();
        await _node.WaitForExitAsync();
        _node.Dispose();
    }
}
