using System.Reflection;
using McpProbe.Testing;

namespace McpProbe.Infra.Tests.Hooks;

/// <summary>
/// A hook in one of its two languages, run as azd runs it, with tools of the test's own: nothing of the machine is found but what is
/// named here, so that an az that is installed is never asked.
/// </summary>
internal sealed class HookRun : IDisposable
{
    public const string Posix = "sh";
    public const string Windows = "pwsh";

    private static readonly string PowerShell =
        typeof(HookRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "PowerShellPath").Value!;

    private readonly TempDirectory _tools = new();
    private readonly string _language;
    private readonly Dictionary<string, string> _environment = [];

    public HookRun(string language)
    {
        // On Windows there is no shell for the one, and for the other the stand-ins are shell scripts.
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-ins for az and azd are shell scripts");
        _language = language;
        foreach (var tool in (string[])["mktemp", "rm", "curl", "sed", "tr", "cut", "date", "sleep", "cat", "touch"])
            File.CreateSymbolicLink(_tools.File(tool), new[] { $"/usr/bin/{tool}", $"/bin/{tool}" }.First(File.Exists));
        _environment["PATH"] = _tools.Path;
        _environment["AZURE_SUBSCRIPTION_ID"] = "sub";
        _environment["AZURE_RESOURCE_GROUP"] = "rg-test";
        _environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        _environment["POWERSHELL_UPDATECHECK"] = "Off";
    }

    public static TheoryData<string> Languages => [Posix, Windows];

    /// <summary>How the tools were called, one call a line.</summary>
    public IReadOnlyList<string> Calls => File.Exists(_tools.File("calls")) ? File.ReadAllLines(_tools.File("calls")) : [];

    /// <summary>Where the stand-ins may leave what they remember.</summary>
    public string Memory(string name) => _tools.File(name);

    public HookRun With(string variable, string value)
    {
        _environment[variable] = value;
        return this;
    }

    public HookRun Without(string tool)
    {
        File.Delete(_tools.File(tool));
        return this;
    }

    /// <param name="body">What the tool does in a shell, its arguments as <c>"$*"</c>.</param>
    public HookRun WithTool(string name, string body)
    {
        var file = _tools.File(name);
        File.WriteAllText(file, $"#!/bin/sh\necho \"{name} $*\" >> '{_tools.File("calls")}'\ncd '{_tools.Path}'\n{body}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return this;
    }

    /// <param name="hook">Its file in infra/hooks, without the ending.</param>
    public Task<Command> RunAsync(string hook) => _language == Posix
        ? Command.RunAsync("/bin/sh", [Repository.File($"infra/hooks/{hook}.sh")], _environment)
        : Command.RunAsync(PowerShellWords[0], [.. PowerShellWords.Skip(1), "-File", Repository.File($"infra/hooks/{hook}.ps1")], _environment);

    /// <summary>What starts PowerShell without anything of a person's own.</summary>
    public static IReadOnlyList<string> PowerShellWords =>
    [
        Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : DotNet(),
        PowerShell, "-NoProfile", "-NonInteractive",
    ];

    public void Dispose() => _tools.Dispose();

    private static string DotNet() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "dotnet")).First(File.Exists);
}
