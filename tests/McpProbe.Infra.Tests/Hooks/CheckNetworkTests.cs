namespace McpProbe.Infra.Tests.Hooks;

/// <summary>What the template cannot see before it makes the private network.</summary>
public class CheckNetworkTests
{
    private const string Registered = "echo Registered";

    public static TheoryData<string> Languages => HookRun.Languages;

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task NoPrivateNetwork_NothingIsAsked(string language)
    {
        using var hook = new HookRun(language);
        var run = await hook.RunAsync("check-network");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Empty(hook.Calls);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task FirstDeployment_RegisteredSubscription_GoesOn(string language)
    {
        using var hook = Private(language, Registered, outside: "").With("AZURE_RESOURCE_GROUP", "");
        var run = await hook.RunAsync("check-network");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(
            ["az provider show --subscription sub --namespace Microsoft.App --query registrationState --output tsv --only-show-errors"], hook.Calls);
    }

    [Theory]
    [InlineData(HookRun.Posix, "echo NotRegistered")]
    [InlineData(HookRun.Windows, "echo NotRegistered")]
    [InlineData(HookRun.Posix, "exit 1")]
    [InlineData(HookRun.Windows, "exit 1")]
    public async Task NotRegistered_IsRegistered(string language, string state)
    {
        using var hook = Private(language, state, outside: "");
        var run = await hook.RunAsync("check-network");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("az provider register --subscription sub --namespace Microsoft.App --wait --only-show-errors", hook.Calls);
        Assert.Contains("Registering Microsoft.App", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task NotRegistered_AndNotAllowedTo_SaysWho(string language)
    {
        using var hook = Private(language, "echo NotRegistered", outside: "", register: "exit 1");
        var run = await hook.RunAsync("check-network");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("az provider register -n Microsoft.App --wait", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task AppRunsOutside_IsNotCutOff(string language)
    {
        using var hook = Private(language, Registered, outside: "mcpprobe-a\nmcpprobe-b");
        var run = await hook.RunAsync("check-network");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("mcpprobe-a mcpprobe-b would lose the storage", run.Error, StringComparison.Ordinal);
        Assert.Contains("azd env set MCPPROBE_KEEP_PUBLIC_ENDPOINTS true && azd provision", run.Error, StringComparison.Ordinal);
        Assert.Contains(
            "az rest --method get --uri /subscriptions/sub/resourceGroups/rg-test/providers/Microsoft.Web/sites?api-version=2024-04-01 --query value[?!properties.virtualNetworkSubnetId].name --output tsv --only-show-errors",
            hook.Calls);
    }

    [Theory]
    [InlineData(HookRun.Posix, "", "")]
    [InlineData(HookRun.Windows, "", "")]
    [InlineData(HookRun.Posix, "mcpprobe-a", "true")]
    [InlineData(HookRun.Windows, "mcpprobe-a", "true")]
    public async Task AppsInside_OrEndpointsKept_GoesOn(string language, string outside, string keep)
    {
        using var hook = Private(language, Registered, outside).With("MCPPROBE_KEEP_PUBLIC_ENDPOINTS", keep);
        var run = await hook.RunAsync("check-network");
        Assert.True(run.ExitCode == 0, run.Error);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task GroupIsGone_GoesOn(string language)
    {
        using var hook = new HookRun(language).With("MCPPROBE_PRIVATE_NETWORK", "true")
            .WithTool("az", $"case \"$*\" in *sites*) echo 'ResourceGroupNotFound' >&2; exit 3 ;; esac; {Registered}");
        var run = await hook.RunAsync("check-network");
        Assert.True(run.ExitCode == 0, run.Error);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task NoAzureCli_SaysWhatToDo(string language)
    {
        using var hook = new HookRun(language).With("MCPPROBE_PRIVATE_NETWORK", "true");
        var run = await hook.RunAsync("check-network");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("https://aka.ms/azure-cli", run.Error, StringComparison.Ordinal);
    }

    private static HookRun Private(string language, string state, string outside, string register = "exit 0") => new HookRun(language)
        .With("MCPPROBE_PRIVATE_NETWORK", "true")
        .WithTool("az", $"""
            case "$*" in
              *"provider show"*) {state} ;;
              *"provider register"*) {register} ;;
              *sites*) [ -z '{outside}' ] || echo '{outside}' ;;
            esac
            """);
}
