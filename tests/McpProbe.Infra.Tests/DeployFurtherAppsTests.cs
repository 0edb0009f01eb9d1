using McpProbe.Testing;

namespace McpProbe.Infra.Tests;

/// <summary>The hook, with an az and an azd that write down how they were called.</summary>
public sealed class DeployFurtherAppsTests : IDisposable
{
    private readonly TempDirectory _tools = new();

    public void Dispose() => _tools.Dispose();

    [Fact]
    public async Task NoFurtherApps_NothingIsCalled()
    {
        var run = await RunAsync("");
        Assert.Equal(0, run.ExitCode);
        Assert.Empty(Calls());
    }

    [Fact]
    public async Task FurtherApps_GetOnePackage()
    {
        var run = await RunAsync("mcpprobe-a mcpprobe-b", az: 0);

        Assert.True(run.ExitCode == 0, run.Error);
        var calls = Calls();
        Assert.Equal(3, calls.Length);
        Assert.StartsWith("azd package api --output-path ", calls[0], StringComparison.Ordinal);
        var package = calls[0].Split(' ')[4];
        Assert.All(calls.Skip(1), call =>
        {
            Assert.StartsWith("az functionapp deployment source config-zip --subscription sub --resource-group rg-test ", call, StringComparison.Ordinal);
            Assert.Contains($"--src {package}", call, StringComparison.Ordinal);
        });
        Assert.Contains("--name mcpprobe-a ", calls[1], StringComparison.Ordinal);
        Assert.Contains("--name mcpprobe-b ", calls[2], StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.GetDirectoryName(package)), "the package is left behind");
    }

    [Fact]
    public async Task OneDeploymentFails_TheOthersGoOnAndTheEndSaysSo()
    {
        var run = await RunAsync("mcpprobe-a mcpprobe-b", az: 1);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(3, Calls().Length);
        Assert.Contains("Not deployed to: mcpprobe-a mcpprobe-b.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoAzureCli_SaysWhatToDo()
    {
        var run = await RunAsync("mcpprobe-a");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("https://aka.ms/azure-cli", run.Error, StringComparison.Ordinal);
        Assert.Empty(Calls());
    }

    // The tools of this directory and those of the system; an az that is installed for real must not be found.
    private async Task<Command> RunAsync(string apps, int? az = null)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the hook is a shell script");
        AddTool("azd", 0);
        if (az is { } exitCode)
            AddTool("az", exitCode);
        foreach (var tool in (string[])["mktemp", "rm"])
            File.CreateSymbolicLink(_tools.File(tool), new[] { $"/usr/bin/{tool}", $"/bin/{tool}" }.First(File.Exists));

        return await Command.RunAsync("/bin/sh", [Repository.File("infra/hooks/deploy-further-apps.sh")], new Dictionary<string, string>
        {
            ["PATH"] = _tools.Path,
            ["MCPPROBE_FURTHER_APPS"] = apps,
            ["AZURE_SUBSCRIPTION_ID"] = "sub",
            ["AZURE_RESOURCE_GROUP"] = "rg-test",
        });
    }

    private void AddTool(string name, int exitCode)
    {
        var file = _tools.File(name);
        File.WriteAllText(file, $"#!/bin/sh\necho \"{name} $*\" >> '{_tools.File("calls")}'\nexit {exitCode}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string[] Calls() => File.Exists(_tools.File("calls")) ? File.ReadAllLines(_tools.File("calls")) : [];
}
