using Microsoft.Extensions.Configuration;

namespace McpProbe.Functions.Tests;

/// <summary>App settings that lack nothing.</summary>
internal static class CompleteSettings
{
    internal static readonly Dictionary<string, string?> Complete = new()
    {
        ["Store__tableServiceUri"] = "https://store.table.core.windows.net",
        ["Store__queueServiceUri"] = "https://store.queue.core.windows.net",
        ["Store__blobServiceUri"] = "https://store.blob.core.windows.net",
        ["Store__credential"] = "managedidentity",
        ["Store__clientId"] = "00000000-0000-0000-0000-000000000001",
        ["ProbeQueue"] = "probes-home",
        ["ProbePoisonQueue"] = "probes-home-poison",
        ["ProbeSchedule"] = "*/30 * * * * *",
        ["SweepSchedule"] = "0 * * * * *",
        ["RollUpSchedule"] = "0 5 * * * *",
        ["MCPPROBE_API_KEY"] = "correct-horse-battery",
    };

    // As the platform does: a double underscore in a variable's name is a level of the configuration.
    internal static HeadSettings Read(IReadOnlyDictionary<string, string?> settings) => SettingsReader.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting =>
            KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), setting.Value))).Build());
}
