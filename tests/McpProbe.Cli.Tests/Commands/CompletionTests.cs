using System.Reflection;
using McpProbe.Cli.Commands;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Commands;

public sealed class CompletionTests : IDisposable
{
    private readonly TempDirectory _bin = new();

    public void Dispose() => _bin.Dispose();

    [Theory]
    [InlineData("ve", "verify")]
    [InlineData("--v", "--version")]
    [InlineData("check --outp", "--output")]
    [InlineData("check --output ", "github,json,junit,sarif,text")]
    [InlineData("check --output=js", "--output=json")]
    [InlineData("check http://127.0.0.1/mcp --bearer", "--bearer-env")]
    [InlineData("check --strict --stric", "")]
    [InlineData("check --header A=b --head", "--header")]
    [InlineData("check --transport s", "sse")]
    [InlineData("verify --fail-on ", "breaking,info,warning")]
    [InlineData("help acc", "accept")]
    [InlineData("completion ", "bash,fish,powershell,zsh")]
    [InlineData("validate ", "")]
    [InlineData("nonsense --", "")]
    [InlineData("complet", "completion")]
    public async Task Complete_OfWords_IsWhatTheLastCanBecome(string line, string candidates)
    {
        var run = await CliProcess.RunAsync(["complete", "--", .. line.Split(' ')]);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(candidates, string.Join(',', run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void Complete_EveryCommand_OffersAllItsOptions()
    {
        foreach (var command in CommandLine.Visible)
            Assert.Equal(command.Options.Select(option => option.Name).Append("--help").Distinct().Where(name => name.StartsWith("--", StringComparison.Ordinal)).Order(StringComparer.Ordinal), CompleteCommand.Candidates([command.Name, "--"]));
    }

    [Theory]
    [InlineData("mcpprobe ve", "verify")]
    [InlineData("mcpprobe check --output js", "json")]
    [InlineData("mcpprobe check --output=js", "json")]
    [InlineData("mcpprobe check --outp", "--output")]
    [InlineData("mcpprobe check https://example.com:80", "")]
    public async Task Bash_WithTheScript_Completes(string line, string candidates)
    {
        var script = await ScriptAsync("bash");
        // As bash calls it: the words are parted at '=' and ':' too.
        var run = await Shell.RunAsync("bash", ["-c", """
            source "$0"
            COMP_LINE=$1 COMP_POINT=${#1}
            read -r -a COMP_WORDS <<< "$(sed 's/\([=:]\)/ \1 /g' <<< "$1")"
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            _mcpprobe && complete -p mcpprobe >&2
            printf '%s,' "${COMPREPLY[@]}"
            """, script, line], Path());

        Assert.Equal((0, "complete -o default -F _mcpprobe mcpprobe\n"), (run.ExitCode, run.Errors));
        Assert.Equal(candidates, run.Output.TrimEnd(','));
    }

    [Fact]
    public async Task Fish_WithTheScript_Completes()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/fish"), "fish is not installed here.");
        var run = await Shell.RunAsync("fish", ["-c", $"source {await ScriptAsync("fish")}; complete -C 'mcpprobe check --output js'; complete -C 'mcpprobe ver'"], Path());

        Assert.Equal((0, "json\nverify\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Zsh_WithTheScript_Completes()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zsh"), "zsh is not installed here.");
        var run = await Shell.RunAsync("zsh", ["-c", $$"""
            compdef() { : }
            source {{await ScriptAsync("zsh")}}
            compadd() { shift; print -l -- "$@" }
            _files() { print files }
            words=(mcpprobe check --output js) CURRENT=4; _mcpprobe
            words=(mcpprobe ver) CURRENT=2; _mcpprobe
            words=(mcpprobe validate "") CURRENT=3; _mcpprobe
            """], Path());

        Assert.Equal((0, "json\nverify\nfiles\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Theory]
    [InlineData("mcpprobe ve", "verify")]
    [InlineData("mcpprobe check --output js", "json")]
    [InlineData("mcpprobe check --output=js", "--output=json")]
    [InlineData("mcpprobe check --outp", "--output")]
    [InlineData("mcpprobe check --output ", "github,json,junit,sarif,text")]
    [InlineData("mcpprobe help acc", "accept")]
    public async Task PowerShell_WithTheScript_Completes(string line, string candidates)
    {
        var pwsh = typeof(CompletionTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(each => each.Key == "PowerShellPath").Value!;
        var environment = Path();
        environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        environment["POWERSHELL_UPDATECHECK"] = "Off";

        // As docs/packages.md has it: from the profile, which is a file of its own.
        var run = await Shell.RunAsync("dotnet", [pwsh, "-NoProfile", "-NonInteractive", "-Command", $". '{await ScriptAsync("powershell", "ps1")}'; (TabExpansion2 '{line}' {line.Length}).CompletionMatches.CompletionText -join ','"], environment);

        Assert.Equal((0, candidates, ""), (run.ExitCode, run.Output.Trim(), run.Errors));
    }

    private async Task<string> ScriptAsync(string shell, string? ending = null)
    {
        var run = await CliProcess.RunAsync("completion", shell);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        var file = System.IO.Path.Combine(_bin.Path, $"completion.{ending ?? shell}");
        await File.WriteAllTextAsync(file, run.Output, TestContext.Current.CancellationToken);
        return file;
    }

    /// <summary>A search path on which <c>mcpprobe</c> is the one under test.</summary>
    private Dictionary<string, string> Path()
    {
        var program = System.IO.Path.Combine(_bin.Path, "mcpprobe");
        var run = string.Join(' ', CliProcess.Words.Select(word => $"'{word}'"));
        File.WriteAllText(program, $"#!/bin/sh\nexec {run} \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new() { ["PATH"] = $"{_bin.Path}:{Environment.GetEnvironmentVariable("PATH")}" };
    }
}
