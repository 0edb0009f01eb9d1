using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpProbe.Infra.Tests;

/// <summary>The Bicep compiler that the project file restores.</summary>
internal static class Bicep
{
    private static readonly string Path = Prepare();

    /// <summary>Everything the compiler and its linter have to say, warnings included: many a mistake is only a warning to them.</summary>
    public static async Task<IReadOnlyList<Diagnostic>> LintAsync(string template)
    {
        var run = await Command.RunAsync(Path, ["lint", template, "--diagnostics-format", "sarif"]);
        return Diagnostic.ReadSarif(run.Output);
    }

    /// <summary>The ARM template, and everything said while it was compiled.</summary>
    public static async Task<(JsonNode Template, IReadOnlyList<Diagnostic> Diagnostics)> BuildAsync(string template)
    {
        var run = await Command.RunAsync(Path, ["build", template, "--stdout", "--diagnostics-format", "sarif"]);
        Assert.True(run.ExitCode == 0, run.Error);
        return (JsonNode.Parse(run.Output)!, Diagnostic.ReadSarif(run.Error));
    }

    /// <summary>Evaluates a deployment as Azure would, offline. The compiler writes its result beside the parameters file.</summary>
    public static async Task<Command> SnapshotAsync(string parametersFile) => await Command.RunAsync(Path,
    [
        "snapshot", parametersFile, "--mode", "overwrite",
        "--subscription-id", "11111111-1111-1111-1111-111111111111",
        "--tenant-id", "22222222-2222-2222-2222-222222222222",
        "--location", "westeurope", "--deployment-name", "test",
    ]);

    private static string Prepare()
    {
        var path = typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "BicepPath").Value!;
        // NuGet unpacks it as a plain file.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
        return path;
    }
}

/// <summary>One finding of the compiler or its linter.</summary>
internal sealed record Diagnostic(string File, int Line, string Level, string Rule, string Message)
{
    public static IReadOnlyList<Diagnostic> ReadSarif(string sarif)
    {
        using var document = JsonDocument.Parse(sarif);
        return
        [
            .. from run in document.RootElement.GetProperty("runs").EnumerateArray()
               from result in run.GetProperty("results").EnumerateArray()
               let location = result.GetProperty("locations")[0].GetProperty("physicalLocation")
               select new Diagnostic(
                   System.IO.Path.GetFileName(location.GetProperty("artifactLocation").GetProperty("uri").GetString()!),
                   location.GetProperty("region").GetProperty("startLine").GetInt32(),
                   // SARIF leaves out its default.
                   result.TryGetProperty("level", out var level) ? level.GetString()! : "warning",
                   result.GetProperty("ruleId").GetString()!,
                   result.GetProperty("message").GetProperty("text").GetString()!),
        ];
    }
}
