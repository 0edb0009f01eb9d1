using System.Text.Json;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>The package as <c>azd</c> would deploy it: the build of this project publishes it (PublishTheHead).</summary>
internal static class PublishedApp
{
    internal static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "published");

    /// <summary>The program and its first argument, as the host starts them: the package itself says so.</summary>
    internal static (string Program, string Assembly) Start()
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(Directory, "worker.config.json")));
        var worker = config.RootElement.GetProperty("description");
        return (
            worker.GetProperty("defaultExecutablePath").GetString()!,
            Path.Combine(Directory, worker.GetProperty("defaultWorkerPath").GetString()!));
    }
}
