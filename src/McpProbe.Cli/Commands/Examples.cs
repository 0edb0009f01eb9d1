namespace McpProbe.Cli.Commands;

/// <summary>Command lines to start from: the end of each command's help, and of the man page.</summary>
internal static class Examples
{
    private static readonly (string Command, string[] Lines)[] All =
    [
        ("check",
        [
            "mcpprobe check https://mcp.example.com/mcp",
            "mcpprobe check https://mcp.example.com/mcp --bearer-env MCP_TOKEN --require-tool search",
            "mcpprobe check https://mcp.example.com/mcp --deep --conformance",
            "mcpprobe check --stdio \"npx -y @modelcontextprotocol/server-everything\" --output json",
        ]),
        ("explain",
        [
            "mcpprobe explain https://mcp.example.com/mcp",
            "mcpprobe explain https://mcp.example.com/mcp --bearer-env MCP_TOKEN --output json",
        ]),
        ("snapshot",
        [
            "mcpprobe snapshot https://mcp.example.com/mcp -o mcp.snapshot.json",
            "mcpprobe snapshot --stdio \"node server.js\" -o mcp.snapshot.json --samples 5",
        ]),
        ("diff",
        [
            "mcpprobe diff mcp.snapshot.json https://mcp.example.com/mcp",
            "mcpprobe diff https://blue.example.com/mcp https://green.example.com/mcp --fail-on warning",
            "mcpprobe diff mcp.snapshot.json \"stdio:node server.js\" --output github",
        ]),
        ("verify",
        [
            "mcpprobe verify https://mcp.example.com/mcp --baseline mcp.snapshot.json --wait 120s",
            "mcpprobe verify https://mcp.example.com/mcp --baseline mcp.snapshot.json --output junit",
        ]),
        ("bridge",
        [
            "mcpprobe bridge https://mcp.example.com/mcp --listen 0.0.0.0:8086",
            "mcpprobe bridge --target http://127.0.0.1:3001/mcp --hold 10s",
        ]),
        ("drain",
        [
            "mcpprobe drain https://mcp.example.com/mcp --for 300s --sessions 20",
        ]),
        ("accept",
        [
            "mcpprobe accept search --server http://127.0.0.1:8080 --by Ann",
        ]),
        ("validate",
        [
            "mcpprobe validate probes.yaml",
            "mcpprobe validate team-a.yaml team-b.yaml --environment",
            "envsubst < probes.template.yaml | mcpprobe validate -",
        ]),
        ("import",
        [
            "mcpprobe import official --search weather -o probes.yaml",
            "mcpprobe import claude-desktop -o probes.yaml",
        ]),
        ("apply",
        [
            "mcpprobe apply probes.yaml --server http://127.0.0.1:8080 --dry-run",
            "mcpprobe apply probes.yaml --server https://watch.example.com --api-key-env MCPPROBE_API_KEY",
        ]),
        ("export",
        [
            "mcpprobe export --server http://127.0.0.1:8080 -o probes.yaml",
        ]),
        ("help",
        [
            "mcpprobe help verify",
            "mcpprobe help --man > mcpprobe.1",
        ]),
        ("completion",
        [
            "source <(mcpprobe completion bash)",
            "mcpprobe completion zsh > ~/.zfunc/_mcpprobe",
            "mcpprobe completion fish > ~/.config/fish/completions/mcpprobe.fish",
            "mcpprobe completion powershell >> $PROFILE",
        ]),
    ];

    /// <summary>Those of one command; none for one that is not there.</summary>
    public static IReadOnlyList<string> Of(string command) => All.FirstOrDefault(each => each.Command == command).Lines ?? [];

    /// <summary>The first ones, in the order of the commands: for the help of the whole.</summary>
    public static IEnumerable<string> First => All.Where(each => each.Command is not ("help" or "completion")).SelectMany(each => each.Lines.Take(each.Command == "check" ? 3 : 1));
}
