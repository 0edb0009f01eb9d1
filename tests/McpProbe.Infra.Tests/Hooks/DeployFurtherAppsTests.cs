namespace McpProbe.Infra.Tests.Hooks;

/// <summary>One package for the apps of all locations.</summary>
public class DeployFurtherAppsTests
{
    public static TheoryData<string> Languages => HookRun.Languages;

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task NoFurtherApps_NothingIsCalled(string language)
    {
        using var hook = Hook(language, "");
        var run = await hook.RunAsync("deploy-further-apps");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Empty(hook.Calls);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task FurtherApps_GetOnePackage(string language)
    {
        using var hook = Hook(language, "mcpprobe-a mcpprobe-b").WithTool("az", "exit 0");

        var run = await hook.RunAsync("deploy-further-apps");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(["Deploying to mcpprobe-a", "Deploying to mcpprobe-b"], Lines(run.Output));
        Assert.Equal(3, hook.Calls.Count);
        Assert.StartsWith("azd package api --output-path ", hook.Calls[0], StringComparison.Ordinal);
        var package = hook.Calls[0].Split(' ')[4];
        Assert.Equal(
            ((string[])["mcpprobe-a", "mcpprobe-b"]).Select(app =>
                $"az functionapp deployment source config-zip --subscription sub --resource-group rg-test --name {app} --src {package} --only-show-errors --output none"),
            hook.Calls.Skip(1));
        Assert.False(Directory.Exists(Path.GetDirectoryName(package)), "the package is left behind");
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task OneDeploymentFails_TheOthersGoOnAndTheEndSaysSo(string language)
    {
        using var hook = Hook(language, "mcpprobe-a mcpprobe-b mcpprobe-c")
            .WithTool("az", "case \"$*\" in *mcpprobe-b*) exit 0 ;; esac; exit 1");
        var run = await hook.RunAsync("deploy-further-apps");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(4, hook.Calls.Count);
        Assert.Equal(
            ["Not deployed to: mcpprobe-a mcpprobe-c. They go on with their old version; run 'azd deploy' to try again."], Lines(run.Error));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task PackageFails_NothingIsDeployed(string language)
    {
        using var hook = Hook(language, "mcpprobe-a").WithTool("az", "exit 0").WithTool("azd", "exit 1");
        var run = await hook.RunAsync("deploy-further-apps");
        Assert.Equal(1, run.ExitCode);
        Assert.Single(hook.Calls);
        Assert.Equal(["The package could not be built; the apps of further locations still run their old version."], Lines(run.Error));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task NoAzureCli_SaysWhatToDo(string language)
    {
        using var hook = Hook(language, "mcpprobe-a");
        var run = await hook.RunAsync("deploy-further-apps");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("https://aka.ms/azure-cli", run.Error, StringComparison.Ordinal);
        Assert.Empty(hook.Calls);
    }

    private static HookRun Hook(string language, string apps) =>
        new HookRun(language).With("MCPPROBE_FURTHER_APPS", apps).WithTool("azd", "exit 0");

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
