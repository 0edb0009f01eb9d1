using McpProbe.Server;

return await CommandLine.InvokeAsync(args, Environment.GetEnvironmentVariable("MCPPROBE_API_KEY"), MonitorHost.RunAsync);
