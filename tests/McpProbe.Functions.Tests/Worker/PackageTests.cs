using System.Diagnostics;
using System.Text.Json.Nodes;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>What <c>azd deploy</c> would zip and send.</summary>
public class PackageTests
{
    /// <summary>Every file by its path in the package, with forward slashes.</summary>
    private static readonly Dictionary<string, FileInfo> Files = new DirectoryInfo(PublishedApp.Directory)
        .EnumerateFiles("*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(PublishedApp.Directory, file.FullName).Replace('\\', '/'));

    [Fact]
    public void Package_HasWhatTheHostLooksFor()
    {
        Assert.Superset(
            new HashSet<string> { "host.json", "functions.metadata", "worker.config.json", "extensions.json", "McpProbe.Functions.dll" },
            Files.Keys.ToHashSet());
        Assert.Equal(File.ReadAllText(Repository.PathOf("host.json")), File.ReadAllText(Files["host.json"].FullName));
        var (program, assembly) = PublishedApp.Start();
        Assert.Equal(("dotnet", Files["McpProbe.Functions.dll"].FullName), (program, assembly));
    }

    [Fact]
    public void Package_HasTheHostsExtensions()
    {
        var extensions = JsonNode.Parse(File.ReadAllText(Files["extensions.json"].FullName))!["extensions"]!.AsArray();

        // Timers and HTTP are the host's own.
        Assert.Equal(
            ["AzureStorageQueues", "DurableTask"],
            extensions.Select(extension => (string)extension!["name"]!).Where(name => name is not ("Startup" or "FunctionMetadataLoader")).Order());
        Assert.All(extensions, extension =>
        {
            var file = ((string?)extension!["hintPath"])?.Replace('\\', '/').Replace("./", "", StringComparison.Ordinal);
            Assert.True(Files.ContainsKey(file!), $"{extension["name"]} is in {file}, which is not there");
        });
        Assert.All(
            ["Microsoft.Azure.WebJobs.Extensions.DurableTask.dll", "Microsoft.Azure.WebJobs.Extensions.Storage.Queues.dll"],
            name => Assert.Contains($".azurefunctions/{name}", Files.Keys));
    }

    [Fact]
    public void Package_HasNothingThatIsOnlyForWhoeverBuilds()
    {
        var megabytes = Files.Values.Sum(file => file.Length) / 1e6;
        TestContext.Current.TestOutputHelper!.WriteLine($"{Files.Count} files, {megabytes:F1} MB");

        Assert.DoesNotContain(Files.Keys, path => path.EndsWith(".pdb", StringComparison.Ordinal)
            || path.EndsWith(".xml", StringComparison.Ordinal) || path.EndsWith(".cs", StringComparison.Ordinal));
        Assert.DoesNotContain(Files.Keys, path => Path.GetFileName(path).StartsWith("local.settings", StringComparison.Ordinal)
            || Path.GetFileName(path).StartsWith("xunit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Publish_WithoutThePackageOfEMail_IsRefused()
    {
        var start = new ProcessStartInfo("dotnet",
        [
            "msbuild", Repository.PathOf("src", "McpProbe.Functions"), "-nologo", "-t:Publish",
            "-p:Configuration=Release;NoBuild=true;CommunicationEmail=fallback",
        ])
        {
            RedirectStandardOutput = true,
        };
        // What the runner of these tests sets for its own children.
        start.Environment.Remove("MSBUILD_EXE_PATH");
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await publish.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, publish.ExitCode);
        Assert.Contains("error MCPF001", output, StringComparison.Ordinal);
    }
}
