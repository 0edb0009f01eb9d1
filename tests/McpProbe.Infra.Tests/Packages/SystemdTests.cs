using System.Globalization;
using System.Text.RegularExpressions;
using McpProbe.Testing;

namespace McpProbe.Infra.Tests.Packages;

/// <summary>The unit of the server, read by systemd itself.</summary>
public sealed partial class SystemdTests : IDisposable
{
    private const string Unit = "mcpprobe-server.service";
    private readonly TempDirectory _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Unit_IsUnderstoodWhole()
    {
        var verified = await AnalyzeAsync(await UnitAsync(), "verify", "--man=no");

        Assert.Equal((0, ""), (verified.ExitCode, verified.Output + verified.Error));
    }

    [Theory]
    [InlineData("ProtectSystem=strict", "ProtectSystm=strict")]
    [InlineData("Type=exec", "Type=exek")]
    [InlineData("ExecStart=", "ExecStrat=")]
    public async Task Unit_WithAMistake_IsNot(string right, string wrong)
    {
        var unit = await UnitAsync();
        Assert.Contains(right, unit, StringComparison.Ordinal);

        var verified = await AnalyzeAsync(unit.Replace(right, wrong, StringComparison.Ordinal), "verify", "--man=no");

        Assert.NotEqual("", verified.Output + verified.Error);
    }

    /// <summary>0 is the least that it could do to its machine, 10 the most; docs/packages.md has the figure.</summary>
    [Fact]
    public async Task Unit_Exposure_IsWhatTheGuideSays()
    {
        var security = await AnalyzeAsync(await UnitAsync(), "security", "--offline=true", "--no-pager");

        var level = Level().Match(security.Output);
        Assert.True(level.Success, security.Output + security.Error);
        Assert.InRange(double.Parse(level.Groups[1].Value, CultureInfo.InvariantCulture), 0, 2);
        Assert.Contains($"rates it {level.Groups[1].Value}, OK", await Repository.ReadAsync("docs/packages.md"), StringComparison.Ordinal);
    }

    // The program itself is not installed here, and systemd looks for it.
    private static async Task<string> UnitAsync() =>
        (await Repository.ReadAsync($"packaging/systemd/{Unit}")).Replace("/usr/bin/mcpprobe-server", "/bin/true", StringComparison.Ordinal);

    private async Task<Command> AnalyzeAsync(string unit, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd is not installed here: its unit is not read.");
        await File.WriteAllTextAsync(_work.File(Unit), unit, TestContext.Current.CancellationToken);
        return await Command.RunAsync("systemd-analyze", [.. arguments, _work.File(Unit)]);
    }

    [GeneratedRegex("Overall exposure level for .*: ([0-9.]+) OK")]
    private static partial Regex Level();
}
