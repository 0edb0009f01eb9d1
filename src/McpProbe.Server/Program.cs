using McpProbe.Server;

return await CommandLine.InvokeAsync(
    args,
    Environment.GetEnvironmentVariable("MCPPROBE_API_KEY") is { Length: > 0 } key ? key : null,
    MonitorHost.RunAsync);
