using McpProbe.Model;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Transports;

/// <summary>
/// What a stdio server finds in its environment: what every program needs to run, and what its definition names. The prober's own
/// environment holds the secrets of everything that it watches.
/// </summary>
internal static class ChildEnvironment
{
    /// <summary>What the official clients hand down (getDefaultEnvironment of the TypeScript SDK, get_default_environment of Python's), and the language.</summary>
    private static readonly string[] Inherited = OperatingSystem.IsWindows()
        ?
        [
            "APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "PROGRAMFILES", "SYSTEMDRIVE",
            "SYSTEMROOT", "TEMP", "TMP", "USERNAME", "USERPROFILE",
        ]
        : ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "LC_ALL", "LC_CTYPE"];

    /// <summary>The variables; <see cref="ProbeRun.Secrets"/> are those that were resolved for it.</summary>
    /// <exception cref="ProbeFailedException">A secret is missing, or cannot stand in an environment (kind <c>config</c>).</exception>
    public static IReadOnlyDictionary<string, string> Resolve(ProbeRun run)
    {
        var variables = new Dictionary<string, string>();
        foreach (var name in Inherited)
        {
            // A function that a shell exported is a program in disguise.
            if (Environment.GetEnvironmentVariable(name) is { } value && !value.StartsWith("()", StringComparison.Ordinal))
                variables[name] = value;
        }

        var secrets = new List<string>();
        foreach (var (name, text) in run.Endpoint.Environment)
        {
            if (!SecretReference.TryResolve(text, Remembered, out var value, out var missing))
                throw new ProbeFailedException(FailureKind.Config, $"The variable {name} of its environment needs {SecretReference.WhyMissing(missing!)}.");
            if (value.Contains('\0', StringComparison.Ordinal))
                throw new ProbeFailedException(FailureKind.Config, $"The variable {name} of its environment has a value with a NUL character, which no environment can hold; correct the value.");
            variables[name] = value;
        }

        run.Secrets = [.. secrets.OrderByDescending(secret => secret.Length)];
        return variables;

        string? Remembered(string name)
        {
            var secret = run.Options.Secrets(name);
            // Very short values would blot out ordinary words of messages.
            if (secret is { Length: >= 6 })
                secrets.Add(secret);
            return secret;
        }
    }
}
