using McpProbe.Server;

return await ServerCommand.InvokeAsync(args, Environment.GetEnvironmentVariable(ServerOptions.ApiKeyVariable), MonitorHost.RunAsync);
