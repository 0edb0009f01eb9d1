using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Infra.Tests.Hooks;

/// <summary>After a deployment, against a real web server; az is a stand-in that remembers.</summary>
public class WaitUntilHealthyTests
{
    private const string References =
        "/subscriptions/sub/resourceGroups/rg-test/providers/Microsoft.Web/sites/{0}/config/configreferences/appsettings";
    private const string Secret = "secret not resolved yet: The platform has not resolved the Key Vault reference of MCPPROBE_API_KEY.";

    public static TheoryData<string> Languages => HookRun.Languages;

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task Healthy_SaysWhereItIs(string language)
    {
        await using var app = await StubServer.StartAsync(Healthy);
        using var hook = Hook(language, app, "echo -n").With("MCPPROBE_URL", "https://status.example.com");
        var run = await hook.RunAsync("wait-until-healthy");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(["McpProbe works: https://status.example.com"], Lines(run.Output));
        Assert.DoesNotContain(hook.Calls, call => call.Contains("--method post", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task UnresolvedReference_IsRefreshedUntilItResolves(string language)
    {
        using var hook = new HookRun(language);
        // The app gets its secret once its references are refreshed, as on the platform.
        await using var app = await StubServer.StartAsync(context => File.Exists(hook.Memory("refreshed")) ? Healthy(context) : Unhealthy(context, Secret));
        Aim(hook, app, """
            case "$*" in
              *refresh*) touch refreshed ;;
              *configreferences*) [ -e refreshed ] || echo 'MCPPROBE_API_KEY	AccessToKeyVaultDenied' ;;
            esac
            """);

        var run = await hook.RunAsync("wait-until-healthy");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal([$"Waiting until McpProbe works, 30 s at most: {Secret}", $"McpProbe works: {app.Url}/api/health"], Lines(run.Output));
        var home = References.Replace("{0}", "mcpprobe-home", StringComparison.Ordinal);
        Assert.Contains(
            $"az rest --method get --uri {home}?api-version=2022-03-01 --query value[?properties.status!='Resolved'].[name,properties.status] --output tsv --only-show-errors",
            hook.Calls);
        Assert.Contains($"az rest --method post --uri {home}/refresh?api-version=2022-03-01 --output none --only-show-errors", hook.Calls);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task RoleNotEffective_IsWaitedForWithoutARestart(string language)
    {
        var asked = 0;
        await using var app = await StubServer.StartAsync(context =>
            ++asked > 3 ? Healthy(context) : Unhealthy(context, "role not effective yet: Storage answers 403 AuthorizationPermissionMismatch."));
        using var hook = Hook(language, app, "echo -n");

        var run = await hook.RunAsync("wait-until-healthy");

        Assert.True(run.ExitCode == 0, run.Error);
        // Said once, not at every try.
        Assert.Equal(2, Lines(run.Output).Length);
        Assert.DoesNotContain(hook.Calls, call => call.Contains("restart", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task ResolvedButNotRestarted_IsRestarted(string language)
    {
        using var hook = new HookRun(language);
        await using var app = await StubServer.StartAsync(context => File.Exists(hook.Memory("restarted")) ? Healthy(context) : Unhealthy(context, Secret));
        Aim(hook, app, "case \"$*\" in *restart*) touch restarted ;; esac");

        var run = await hook.RunAsync("wait-until-healthy");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("Restarting mcpprobe-home: its Key Vault references are resolved by now.", Lines(run.Output));
        Assert.Equal(
            ["az functionapp restart --subscription sub --resource-group rg-test --name mcpprobe-home --output none --only-show-errors"],
            hook.Calls.Where(call => call.Contains("restart", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task FurtherLocation_WithoutItsSecret_IsNamed(string language)
    {
        await using var app = await StubServer.StartAsync(Healthy);
        using var hook = Hook(language, app, "case \"$*\" in *refresh*) ;; *mcpprobe-far/*) echo 'SEARCH_TOKEN	SecretNotFound' ;; esac")
            .With("MCPPROBE_FURTHER_APPS", "mcpprobe-far mcpprobe-near").With("MCPPROBE_WAIT_SECONDS", "0");
        var run = await hook.RunAsync("wait-until-healthy");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("secret not resolved yet: mcpprobe-far SEARCH_TOKEN SecretNotFound", run.Error, StringComparison.Ordinal);
    }

    public static TheoryData<string, int, string, string, string> Failures => new(
        from language in (string[])[HookRun.Posix, HookRun.Windows]
        from row in new[]
        {
            (503, "application/problem+json", Problem("storage unreachable: The storage account cannot be used (it answers 503)."), "storage unreachable: The storage account cannot be used (it answers 503)."),
            (503, "application/problem+json", Problem("role not effective yet: It\\u0027s \\\"so\\\" \\u003Cfar\\u003E."), "role not effective yet: It's \"so\" <far>."),
            (503, "application/problem+json", Problem(new string('x', 700)), new string('x', 600)),
            (404, "text/html", "<html>\n<b>Not found</b></html>", "the address answers 404, and not with McpProbe's own words: the app has not started"),
            (502, "text/plain", "", "the address answers 502, and not with McpProbe's own words: the app has not started"),
            (503, "text/html", "The service is unavailable.", "the address answers 503, and not with McpProbe's own words: the app has not started"),
        }
        select new TheoryDataRow<string, int, string, string, string>(language, row.Item1, row.Item2, row.Item3, row.Item4));

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task NotHealthyInTime_EndsWithTheReasonAndWhatToDo(string language, int status, string type, string body, string reason)
    {
        await using var app = await StubServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = type;
            return context.Response.WriteAsync(body);
        });
        using var hook = Hook(language, app, "echo -n").With("MCPPROBE_WAIT_SECONDS", "0");

        var run = await hook.RunAsync("wait-until-healthy");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            [
                $"McpProbe is deployed, but does not work after 0 s: {reason}",
                "Run 'azd deploy' again: roles can take longer. If the reason stays, docs/azure.md says what to do (When it does not become healthy).",
            ],
            Lines(run.Error));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task NobodyAnswers_SaysSo(string language)
    {
        await using var app = await StubServer.StartAsync(Healthy);
        using var hook = Hook(language, app, "echo -n").With("MCPPROBE_WAIT_SECONDS", "0").With("MCPPROBE_HEALTH_URL", "http://nobody.invalid/api/health");
        var run = await hook.RunAsync("wait-until-healthy");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no answer (", run.Error, StringComparison.Ordinal);
        Assert.Contains("nobody.invalid", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HookRun.Posix, true)]
    [InlineData(HookRun.Windows, true)]
    [InlineData(HookRun.Posix, false)]
    [InlineData(HookRun.Windows, false)]
    public async Task NoAzureCli_OrNotSignedIn_WaitsAllTheSame(string language, bool installed)
    {
        await using var app = await StubServer.StartAsync(Healthy);
        using var hook = installed ? Hook(language, app, "exit 1") : Hook(language, app, "").Without("az");
        var run = await hook.RunAsync("wait-until-healthy");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("Key Vault references are not refreshed meanwhile", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(hook.Calls, call => call.StartsWith("az rest", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(HookRun.Posix, "MCPPROBE_HEALTH_URL", "", "run 'azd provision', then 'azd deploy'")]
    [InlineData(HookRun.Windows, "MCPPROBE_HEALTH_URL", "", "run 'azd provision', then 'azd deploy'")]
    [InlineData(HookRun.Posix, "MCPPROBE_WAIT_SECONDS", "15m", "numbers of seconds, not '15m'")]
    [InlineData(HookRun.Windows, "MCPPROBE_WAIT_SECONDS", "15m", "numbers of seconds, not '15m'")]
    [InlineData(HookRun.Posix, "MCPPROBE_WAIT_PAUSE_SECONDS", "-1", "numbers of seconds, not '-1'")]
    [InlineData(HookRun.Windows, "MCPPROBE_WAIT_PAUSE_SECONDS", "-1", "numbers of seconds, not '-1'")]
    public async Task WrongEnvironment_SaysWhatToDo(string language, string variable, string value, string says)
    {
        await using var app = await StubServer.StartAsync(Healthy);
        using var hook = Hook(language, app, "echo -n").With(variable, value);
        var run = await hook.RunAsync("wait-until-healthy");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }

    private static HookRun Hook(string language, StubServer app, string az)
    {
        var hook = new HookRun(language);
        Aim(hook, app, az);
        return hook;
    }

    private static void Aim(HookRun hook, StubServer app, string az) => hook
        .WithTool("az", az)
        .With("MCPPROBE_HEALTH_URL", $"{app.Url}/api/health")
        .With("MCPPROBE_HOME_APP", "mcpprobe-home")
        .With("MCPPROBE_WAIT_SECONDS", "30")
        .With("MCPPROBE_WAIT_PAUSE_SECONDS", "0");

    private static Task Healthy(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync("""{"status":"ok"}""");
    }

    private static Task Unhealthy(HttpContext context, string detail)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/problem+json";
        return context.Response.WriteAsync(Problem(detail));
    }

    /// <summary>As the head answers (docs/schema/problem.schema.json).</summary>
    private static string Problem(string detail) =>
        $$"""{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"{{detail}}","reasons":["{{detail}}"]}""";

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
