using System.Text.RegularExpressions;
using McpProbe.Infra.Tests.Hooks;
using McpProbe.Testing;

namespace McpProbe.Infra.Tests.Packages;

/// <summary><c>install.sh</c> and <c>install.ps1</c>, against a place of releases on this machine.</summary>
public sealed partial class InstallTests : IDisposable
{
    private const string Posix = "sh";
    private const string Windows = "pwsh";
    private readonly TempDirectory _home = new();

    public void Dispose() => _home.Dispose();

    private string Target => Path.Combine(_home.Path, "bin");

    [Theory]
    [InlineData(Posix, false)]
    [InlineData(Posix, true)]
    [InlineData(Windows, false)]
    [InlineData(Windows, true)]
    public async Task Install_OfTheLatest_PutsItInTheDirectory(string language, bool named)
    {
        await using var releases = await Releases.StartAsync();
        Publish(releases, language);

        var run = await InstallAsync(language, releases.Url, named ? Releases.Version : null);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith($"mcpprobe {Releases.Version} is installed in {Target}", run.Output, StringComparison.Ordinal);
        Assert.Contains("not on your PATH yet", run.Output, StringComparison.Ordinal);
        Assert.Equal(language == Posix ? ["mcpprobe"] : ["mcpprobe.exe"], Directory.EnumerateFiles(Target).Select(Path.GetFileName));
        Assert.Equal(named, !releases.Asked.Contains("/latest/download/VERSION"));
        if (language == Posix)
            Assert.Equal("9.8.7\n", (await Command.RunAsync(Path.Combine(Target, "mcpprobe"), ["--version"])).Output);
    }

    /// <summary>As README.md and docs/packages.md say it, by somebody who may not write where programs usually are; only the place of the releases is another.</summary>
    [Theory]
    [InlineData("README.md", 1)]
    [InlineData("docs/packages.md", 2)]
    public async Task Install_AsTheGuidesSayIt_Works(string guide, int count)
    {
        await using var releases = await Releases.StartAsync();
        foreach (var program in new[] { "mcpprobe", "mcpprobe-server" })
            releases.Add($"{program}-{Releases.Version}-{Platform}.tar.gz", program, "#!/bin/sh\necho 9.8.7\n");
        releases.Write("latest/download/install.sh", await Repository.ReadAsync("install.sh"));
        var lines = (await Repository.ReadAsync(guide)).Split('\n').Where(line => line.StartsWith("curl ", StringComparison.Ordinal) && line.Contains("install.sh", StringComparison.Ordinal)).ToList();
        Assert.Equal(count, lines.Count);

        foreach (var line in lines)
        {
            // Where root may write, somebody else may not.
            var told = line.Contains("--dir", StringComparison.Ordinal) ? line : $"{line} -s -- --dir {_home.Path}/bin";
            var run = await Command.RunAsync("/bin/sh", ["-c", Place().Replace(told, releases.Url)], Environment(releases.Url));
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
        }

        Assert.Contains("/latest/download/install.sh", releases.Asked);
        Assert.Equal(guide == "README.md" ? ["mcpprobe"] : ["mcpprobe", "mcpprobe-server"], Directory.EnumerateFiles(Target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Install_OverAProgramThatRuns_ReplacesIt()
    {
        await using var releases = await Releases.StartAsync();
        Publish(releases, Posix);
        Directory.CreateDirectory(Target);
        File.Copy("/bin/sleep", Path.Combine(Target, "mcpprobe"));
        using var old = System.Diagnostics.Process.Start(Path.Combine(Target, "mcpprobe"), "60");

        var run = await InstallAsync(Posix, releases.Url);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.False(old.HasExited);
        Assert.Equal("9.8.7\n", (await Command.RunAsync(Path.Combine(Target, "mcpprobe"), ["--version"])).Output);
        old.Kill();
    }

    [Fact]
    public async Task Install_OfTheServer_TakesItsArchive()
    {
        await using var releases = await Releases.StartAsync();
        releases.Add($"mcpprobe-server-{Releases.Version}-{Platform}.tar.gz", "mcpprobe-server", "#!/bin/sh\necho 9.8.7\n");

        var run = await Command.RunAsync("/bin/sh", [Repository.File("install.sh"), "--server", "--dir", Target], Environment(releases.Url));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.True(File.Exists(Path.Combine(Target, "mcpprobe-server")));
    }

    [Theory]
    [InlineData(Posix, "wrong sum")]
    [InlineData(Windows, "wrong sum")]
    [InlineData(Posix, "no sum")]
    [InlineData(Windows, "no sum")]
    [InlineData(Posix, "no network")]
    [InlineData(Windows, "no network")]
    [InlineData(Posix, "no such version")]
    [InlineData(Windows, "no such version")]
    [InlineData(Posix, "no version")]
    [InlineData(Windows, "no version")]
    [InlineData(Posix, "bad version")]
    [InlineData(Windows, "bad version")]
    [InlineData(Posix, "another platform")]
    [InlineData(Windows, "another platform")]
    [InlineData(Posix, "directory")]
    [InlineData(Windows, "directory")]
    [InlineData(Posix, "no archive")]
    [InlineData(Windows, "no archive")]
    [InlineData(Posix, "broken program")]
    public async Task Install_ThatCannotBe_SaysWhyInALineAndInstallsNothing(string language, string trouble)
    {
        await using var releases = await Releases.StartAsync();
        Publish(releases, language, sum: trouble == "wrong sum" ? new string('0', 64) : null, program: trouble == "broken program" ? "#!/bin/sh\necho broken; exit 1\n" : null);
        var environment = Environment(releases.Url);
        string? version = null;
        var says = "";
        switch (trouble)
        {
            case "wrong sum":
                says = $"and should be {new string('0', 64)}. Nothing is installed";
                break;
            case "no sum":
                releases.Write($"download/v{Releases.Version}/SHA256SUMS", "");
                says = "so it cannot be verified; nothing is installed";
                break;
            case "no network":
                environment["MCPPROBE_RELEASES"] = "http://127.0.0.1:1";
                says = "could not be fetched: ";
                break;
            case "no such version":
                version = "1.2.3";
                says = "Check the network and that there is a version 1.2.3";
                break;
            case "no version":
                releases.Write("latest/download/VERSION", "<html>Sign in</html>");
                says = "holds no version; name one with";
                break;
            case "bad version":
                version = "../../x";
                says = "that is no version, such as 0.1.0";
                break;
            case "another platform" when language == Posix:
                File.WriteAllText(Path.Combine(_home.Path, "uname"), "#!/bin/sh\n[ \"$1\" = -s ] && echo Linux || echo riscv64\n");
                if (!OperatingSystem.IsWindows())
                    File.SetUnixFileMode(Path.Combine(_home.Path, "uname"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
                environment["PATH"] = $"{_home.Path}:{System.Environment.GetEnvironmentVariable("PATH")}";
                says = "there is no mcpprobe for Linux on riscv64; there is one for linux-x64,";
                break;
            case "another platform":
                environment["MCPPROBE_PLATFORM"] = "win-arm64";
                says = "there is no mcpprobe for win-arm64 here; there is one for win-x64";
                break;
            case "directory":
                File.WriteAllText(Target, "a file where the directory was to be");
                says = $"{Target} cannot be written; name another directory with";
                break;
            case "no archive":
                releases.Write($"download/v{Releases.Version}/SHA256SUMS", $"{new string('a', 64)}  {ArchiveOf(language).Replace(Releases.Version, "9.9.9", StringComparison.Ordinal)}\n");
                environment["MCPPROBE_RELEASES"] = releases.Url;
                version = "9.9.9";
                says = "could not be fetched";
                break;
            case "broken program":
                says = "does not run here: broken";
                break;
        }

        var run = await InstallAsync(language, null, version, environment);

        Assert.Equal((1, ""), (trouble == "bad version" && language == Posix ? run.ExitCode - 1 : run.ExitCode, run.Output));
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.StartsWith($"install.{(language == Posix ? "sh" : "ps1")}: ", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        if (language == Posix && trouble != "directory")
            Assert.False(Directory.Exists(Target));
        else if (trouble != "directory")
            Assert.Empty(Directory.Exists(Target) ? Directory.EnumerateFileSystemEntries(Target) : []);
    }

    /// <summary>From a clone it installs what that account released; from nowhere it says what is missing, and asks nobody.</summary>
    [Theory]
    [InlineData(Posix, "https://github.com/someone/mcpprobe.git", "https://github.com/someone/mcpprobe/releases/latest/download/VERSION could not be fetched: ")]
    [InlineData(Windows, "https://github.com/someone/mcpprobe.git", "https://github.com/someone/mcpprobe/releases/latest/download/VERSION could not be fetched: ")]
    [InlineData(Posix, "git@github.com:someone/mcpprobe", "https://github.com/someone/mcpprobe/releases/")]
    [InlineData(Windows, "git@github.com:someone/mcpprobe", "https://github.com/someone/mcpprobe/releases/")]
    [InlineData(Posix, "https://git.example.com/someone/mcpprobe.git", "this copy does not say whose releases it installs; name them in MCPPROBE_RELEASES")]
    [InlineData(Windows, "https://git.example.com/someone/mcpprobe.git", "this copy does not say whose releases it installs; name them in MCPPROBE_RELEASES")]
    [InlineData(Posix, null, "this copy does not say whose releases it installs; name them in MCPPROBE_RELEASES")]
    [InlineData(Windows, null, "this copy does not say whose releases it installs; name them in MCPPROBE_RELEASES")]
    public async Task Install_FromAClone_IsOfItsOrigin(string language, string? origin, string says)
    {
        var clone = Directory.CreateDirectory(Path.Combine(_home.Path, "clone")).FullName;
        var installer = Path.Combine(clone, language == Posix ? "install.sh" : "install.ps1");
        // As it is here, wherever it was published since.
        await File.WriteAllTextAsync(installer, Whose().Replace(await Repository.ReadAsync(Path.GetFileName(installer)), "OWNER"), TestContext.Current.CancellationToken);
        Assert.Equal(0, (await Command.RunAsync("git", ["init", "--quiet", clone])).ExitCode);
        if (origin is not null)
            Assert.Equal(0, (await Command.RunAsync("git", ["-C", clone, "remote", "add", "origin", origin])).ExitCode);
        var environment = Environment("");
        // Nobody outside is asked.
        environment["https_proxy"] = environment["HTTPS_PROXY"] = "http://127.0.0.1:1";

        var run = await InstallAsync(language, null, null, environment, installer);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(Directory.Exists(Target));
    }

    [Fact]
    public async Task Install_WithoutAHome_AsksForADirectory()
    {
        var environment = Environment("http://127.0.0.1:1");
        environment["LOCALAPPDATA"] = "";

        var run = await Command.RunAsync(HookRun.PowerShellWords[0], [.. HookRun.PowerShellWords.Skip(1), "-File", Repository.File("install.ps1")], environment);

        Assert.Equal((1, "", "install.ps1: there is no directory of this user (LOCALAPPDATA is not set); name one with -Dir.\n"), (run.ExitCode, run.Output, run.Error));
    }

    /// <summary>Both the disk of temporary files and that of the target: what was there stays, and nothing half-written is left.</summary>
    [Theory]
    [InlineData("TMPDIR", "is that disk full? Free space on it, or name another place for temporary files in TMPDIR.")]
    [InlineData("target", "could not be written; is the disk full?")]
    public async Task Install_OnAFullDisk_SaysWhichAndKeepsTheOldOne(string full, string says)
    {
        using var disk = SmallDisk.InMemory("64k");
        await using var releases = await Releases.StartAsync();
        // No archive of it is smaller.
        var random = new byte[400_000];
        Random.Shared.NextBytes(random);
        Publish(releases, Posix, program: $"#!/bin/sh\necho 9.8.7\nexit\n{Convert.ToHexString(random)}\n");
        var target = full == "target" ? disk.Path : Target;
        Directory.CreateDirectory(target);
        File.WriteAllText(Path.Combine(target, "mcpprobe"), "the old one");
        var environment = Environment(releases.Url);
        if (full == "TMPDIR")
            environment["TMPDIR"] = disk.Path;

        var run = await Command.RunAsync("/bin/sh", [Repository.File("install.sh"), "--dir", target], environment);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["mcpprobe"], Directory.EnumerateFileSystemEntries(target).Select(Path.GetFileName));
        Assert.Equal("the old one", File.ReadAllText(Path.Combine(target, "mcpprobe")));
        if (full == "TMPDIR")
            Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Path));
    }

    [Fact]
    public async Task Install_IntoAReadOnlyFileSystem_SaysSo()
    {
        using var disk = SmallDisk.InMemory("64k");
        disk.BecomeReadOnlyByOption();
        await using var releases = await Releases.StartAsync();
        Publish(releases, Posix);

        var run = await Command.RunAsync("/bin/sh", [Repository.File("install.sh"), "--dir", $"{disk.Path}/bin"], Environment(releases.Url));

        Assert.Equal((1, "", $"install.sh: {disk.Path}/bin cannot be written; name another directory with --dir, or run this as its owner.\n"), (run.ExitCode, run.Output, run.Error));
        Assert.Empty(releases.Asked);
    }

    [Theory]
    [InlineData("curl wget", "neither curl nor wget is installed")]
    [InlineData("sha256sum shasum", "neither sha256sum nor shasum is installed, so nothing that is fetched can be verified")]
    public async Task Install_WithoutATool_SaysWhich(string missing, string says)
    {
        var tools = Directory.CreateDirectory(Path.Combine(_home.Path, "tools")).FullName;
        foreach (var tool in new[] { "uname", "ls", "sed", "cut", "tr", "head", "mkdir", "mktemp", "rm", "curl", "sha256sum", "tar", "cp", "mv", "chmod" }.Except(missing.Split(' ')))
            File.CreateSymbolicLink(Path.Combine(tools, tool), new[] { $"/usr/bin/{tool}", $"/bin/{tool}" }.First(File.Exists));
        var environment = Environment("http://127.0.0.1:1");
        environment["PATH"] = tools;

        var run = await InstallAsync(Posix, null, null, environment);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"install.sh: {says}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Platforms_OfTheInstallers_AreThoseOfTheRelease()
    {
        var workflow = await Repository.ReadAsync(".github/workflows/release.yml");
        foreach (var platform in new[] { "linux-x64", "linux-arm64", "linux-musl-x64", "osx-arm64", "win-x64" })
        {
            Assert.Contains($"rid: {platform}", workflow, StringComparison.Ordinal);
            Assert.Contains(platform, await Repository.ReadAsync("install.sh"), StringComparison.Ordinal);
        }
    }

    [GeneratedRegex("https://github\\.com/[^/ ]+/mcpprobe/releases")]
    private static partial Regex Place();

    [GeneratedRegex("(?<=repository ?= ?'?)[A-Za-z0-9-]+(?=/mcpprobe)")]
    private static partial Regex Whose();

    private static string Platform => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture is System.Runtime.InteropServices.Architecture.Arm64 ? "linux-arm64" : "linux-x64";

    private static string ArchiveOf(string language) => language == Posix ? $"mcpprobe-{Releases.Version}-{Platform}.tar.gz" : $"mcpprobe-{Releases.Version}-win-x64.zip";

    private static void Publish(Releases releases, string language, string? sum = null, string? program = null) =>
        releases.Add(ArchiveOf(language), language == Posix ? "mcpprobe" : "mcpprobe.exe", program ?? "#!/bin/sh\necho 9.8.7\n", sum);

    private Dictionary<string, string> Environment(string url) => new()
    {
        ["HOME"] = _home.Path,
        ["LOCALAPPDATA"] = _home.Path,
        ["MCPPROBE_RELEASES"] = url,
        ["MCPPROBE_PLATFORM"] = "win-x64",
        ["POWERSHELL_TELEMETRY_OPTOUT"] = "1",
        ["POWERSHELL_UPDATECHECK"] = "Off",
    };

    private Task<Command> InstallAsync(string language, string? url, string? version = null, Dictionary<string, string>? environment = null, string? installer = null) => language == Posix
        ? Command.RunAsync("/bin/sh", [installer ?? Repository.File("install.sh"), "--dir", Target, .. version is null ? (string[])[] : ["--version", version]], environment ?? Environment(url!))
        : Command.RunAsync(
            HookRun.PowerShellWords[0],
            [.. HookRun.PowerShellWords.Skip(1), "-File", installer ?? Repository.File("install.ps1"), "-Dir", Target, .. version is null ? (string[])[] : ["-Version", version]],
            environment ?? Environment(url!));
}
