using McpProbe.Server;

return await ServerCommand.InvokeAsync(args, Environment.GetEnvironmentVariable, MonitorHost.RunAsync);
