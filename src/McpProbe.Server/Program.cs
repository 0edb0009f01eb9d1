using McpProbe.Server;

return await CommandLine.InvokeAsync(args, Environment.GetEnvironmentVariable(ServerOptions.ApiKeyVariable), MonitorHost.RunAsync);
