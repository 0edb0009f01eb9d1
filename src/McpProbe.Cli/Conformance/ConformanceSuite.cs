using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Conformance;

/// <summary>
/// The conformance suite of the protocol's authors, a program for Node.js that is not part of mcpprobe: run by npx, which downloads it once, or
/// from where it is installed. It sends requests of its own.
/// </summary>
/// <param name="Program">The executable, and what comes before the suite's own arguments.</param>
internal sealed record ConformanceSuite(IReadOnlyList<string> Program)
{
    public const string Version = "0.2.0-alpha.12";

    /// <summary>Names the suite's <c>dist/index.js</c> where it is installed, for machines without a way to the npm registry.</summary>
    public const string Variable = "MCPPROBE_CONFORMANCE";

    private const string Package = "@modelcontextprotocol/conformance";
    private const int OldestNode = 22;
    private const int MostBytes = 4 << 20;

    /// <summary>What the suite itself gives a scenario.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>To start, and to be downloaded the first time.</summary>
    private static readonly TimeSpan StartUp = TimeSpan.FromSeconds(120);

    /// <summary>What Node.js and npm need to run. Not the rest: the environment may hold secrets of what else is probed.</summary>
    private static readonly string[] Inherited =
    [
        "HOME", "PATH", "PATHEXT", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "APPDATA", "LOCALAPPDATA", "PROGRAMFILES", "SYSTEMROOT", "SYSTEMDRIVE",
        "USERPROFILE", "COMSPEC", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "XDG_CACHE_HOME",
    ];

    /// <summary>As it would be typed, without the suite's arguments.</summary>
    public string Words => string.Join(' ', Program.Select(word => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word));

    /// <summary>Whether running it may download it.</summary>
    public bool MayDownload => Program.Count > 2;

    /// <returns>The suite; or what is missing, and what to do.</returns>
    public static async Task<(ConformanceSuite? Suite, string? Missing)> FindAsync(CancellationToken cancellationToken)
    {
        const string Remedy = "or leave --conformance out.";
        if (OnPath("node") is not { } node)
            return (null, $"--conformance: the suite needs Node.js {OldestNode} or newer, and there is no 'node' on the PATH; install it from https://nodejs.org, {Remedy}");
        var major = await MajorOfAsync(node, cancellationToken);
        if (major < OldestNode)
            return (null, $"--conformance: the suite needs Node.js {OldestNode} or newer, and {node} is {(major == 0 ? "of an unknown version" : string.Create(CultureInfo.InvariantCulture, $"version {major}"))}; install a newer one from https://nodejs.org, {Remedy}");
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } installed)
        {
            return File.Exists(installed)
                ? (new ConformanceSuite([node, installed]), null)
                : (null, $"--conformance: {Variable} names {installed}, and there is no such file; give the dist/index.js of {Package}, or unset it.");
        }

        return OnPath("npx") is { } npx
            ? (new ConformanceSuite([npx, "--yes", $"{Package}@{Version}"]), null)
            : (null, $"--conformance: there is 'node' on the PATH, but no 'npx'; install npm, or install {Package}@{Version} and name its dist/index.js in {Variable}, {Remedy}");
    }

    /// <summary>Runs one scenario. Every outcome but a cancelled token is a value; nothing is left running, and no file.</summary>
    /// <returns>What it finds; null when all is well. Why it found nothing out, as a sentence, when it did not.</returns>
    public async Task<(Finding? Finding, string? Why)> RunAsync(Uri url, string scenario, string version, CancellationToken cancellationToken)
    {
        var results = Directory.CreateTempSubdirectory("mcpprobe-conformance-");
        try
        {
            var start = Start(Program,
            [
                "server", "--url", url.AbsoluteUri, "--scenario", scenario, "--spec-version", version, "--output-dir", results.FullName,
                "--timeout", Patience.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
            ]);
            var (ended, _, said) = await EndAsync(start, Patience + StartUp, cancellationToken);
            if (!ended)
                return (null, $"it did not end within {Durations.Format(Patience + StartUp)}.");
            var file = results.EnumerateFiles("checks.json", SearchOption.AllDirectories).FirstOrDefault();
            if (file is null)
                return (null, $"the suite wrote no results{(said.Length == 0 ? "" : $" ({ForeignText.OneLine(said, 300)})")}.");
            return file.Length > MostBytes
                ? (null, "the suite wrote more than can be read.")
                : ConformanceChecks.Read(scenario, await File.ReadAllBytesAsync(file.FullName, cancellationToken));
        }
        catch (Exception error) when (error is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return (null, $"{Program[0]} did not work: {ForeignText.Brief(error.Message)}");
        }
        finally
        {
            try
            {
                results.Delete(recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The system's own cleaning takes what is left of a temporary directory.
            }
        }
    }

    private static async Task<int> MajorOfAsync(string node, CancellationToken cancellationToken)
    {
        try
        {
            var (_, line, _) = await EndAsync(Start([node], ["--version"]), Patience, cancellationToken);
            return line.StartsWith('v') && line.IndexOf('.', StringComparison.Ordinal) is var dot and > 1
                && int.TryParse(line.AsSpan(1, dot - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;
        }
        catch (Exception error) when (error is Win32Exception or IOException)
        {
            return 0;
        }
    }

    private static ProcessStartInfo Start(IReadOnlyList<string> program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in program.Skip(1).Concat(arguments))
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            // npm's settings: a registry of the house, its cache.
            if (Array.Exists(Inherited, each => each.Equals(name, StringComparison.OrdinalIgnoreCase)) || name.StartsWith("npm_config_", StringComparison.OrdinalIgnoreCase))
                start.Environment[name] = (string?)variable.Value;
        }

        return start;
    }

    /// <returns>Whether it ended in time, and the end of what it wrote and of what it said on standard error.</returns>
    private static async Task<(bool Ended, string Wrote, string Said)> EndAsync(ProcessStartInfo start, TimeSpan patience, CancellationToken cancellationToken)
    {
        Descendants.Adopt();
        using var timer = new CancellationTokenSource(patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            using var process = Process.Start(start)!;
            using var kill = either.Token.Register(() => process.Kill(entireProcessTree: true));
            process.StandardInput.Close();
            var output = DrainAsync(process.StandardOutput, either.Token);
            var errors = DrainAsync(process.StandardError, either.Token);
            await process.WaitForExitAsync(either.Token);
            return (true, await output, await errors);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, "", "");
        }
        finally
        {
            await Descendants.KillAsync();
        }
    }

    /// <summary>Reads to the end and keeps the last words.</summary>
    private static async Task<string> DrainAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        const int MostKept = 2000;
        var last = new StringBuilder();
        var buffer = new char[1024];
        while (await reader.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            last.Append(buffer, 0, read);
            if (last.Length > 2 * MostKept)
                last.Remove(0, last.Length - MostKept);
        }

        return last.ToString().Trim();
    }

    /// <summary>The first executable of that name on the PATH; null for none.</summary>
    private static string? OnPath(string name)
    {
        string[] names = OperatingSystem.IsWindows() ? [$"{name}.exe", $"{name}.cmd"] : [name];
        foreach (var directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var each in names)
            {
                var file = Path.Combine(directory, each);
                if (File.Exists(file))
                    return file;
            }
        }

        return null;
    }
}
