using System.Text.Json;
using System.Text.RegularExpressions;
using McpProbe.Cli.Commands;
using Tomlyn.Parsing;
using YamlDotNet.RepresentationModel;

namespace McpProbe.Cli.Tests.Documents;

/// <summary>What the documents tell users to type is understood by the program, and what they tell them to copy can be read.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents => [.. Repository.Documents()];

    public static TheoryData<string> Recipes => [.. Repository.Documents().Where(file => file.StartsWith("docs/recipes/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Document_CommandLines_AreUnderstood(string file)
    {
        var inBlocks = CodeBlock.Of(file).SelectMany(block => CommandLines.In(block).Select(words => (block.Place, Words: words)));
        var inText = CommandLines.InText(Repository.Read(file)).Select(words => (Place: file, Words: words));

        Assert.Empty(inBlocks.Concat(inText).SelectMany(found => MistakesIn(found.Words).Select(mistake => $"{found.Place}: {mistake}")));
    }

    [Fact]
    public void Samples_CommandLines_AreUnderstood()
    {
        var found = Repository.Samples().SelectMany(file => CommandLines.InText(Repository.Read(file))).ToList();

        Assert.NotEmpty(found);
        Assert.Empty(found.SelectMany(MistakesIn));
    }

    [Fact]
    public void Action_ExampleInItsDescription_IsUnderstood()
    {
        var example = Quoted().Match(Repository.Read("action.yml"));

        Assert.Empty(MistakesIn(Assert.Single(CommandLines.InShell("mcpprobe " + example.Groups["line"].Value))));
    }

    /// <summary>The number says that the search finds anything at all.</summary>
    [Fact]
    public void Documents_Together_HoldManyCommandLines()
    {
        var found = Repository.Documents().SelectMany(CodeBlock.Of).SelectMany(CommandLines.In).Select(words => words[0]).ToList();

        Assert.InRange(found.Count, 40, 1000);
        Assert.Superset(new HashSet<string> { "check", "snapshot", "diff", "verify", "bridge", "accept", "validate" }, found.ToHashSet());
    }

    [Theory]
    [InlineData("mcpprobe check https://a/mcp --tmeout 8s || exit 1", "--tmeout: there is no such option; did you mean '--timeout'?")]
    [InlineData("x=1 && mcpprobe chek https://a/mcp", "chek: there is no such command")]
    [InlineData("{ mcpprobe check --timeout soon \"$MCP_URL\" > out.txt; }", "--timeout: 'soon'")]
    [InlineData("for i in a b; do mcpprobe verify https://a/mcp; done", "--baseline: there is none")]
    [InlineData("mcpprobe bridge https://a/mcp \\\n  --port 80", "--port: there is no such option.")]
    public void Script_WithAMistake_IsFound(string script, string mistake) =>
        Assert.Contains(CommandLines.InShell(script).SelectMany(MistakesIn), found => found.Contains(mistake, StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Recipe_Files_CanBeRead(string file)
    {
        foreach (var block in CodeBlock.Of(file))
        {
            var fault = Record.Exception(() => Read(block));
            Assert.True(fault is null, $"{block.Place}: {fault?.Message}");
        }
    }

    /// <summary>Whoever copies a whole probes file, or a part of its top level, can use it. Files that it names are the reader's own.</summary>
    [Theory]
    [MemberData(nameof(Documents))]
    public void Document_ProbesFiles_AreValid(string file)
    {
        foreach (var block in CodeBlock.Of(file).Where(block => block.Language == "yaml" && ProbesFileKey().IsMatch(block.Text)))
            Assert.Equal([], McpProbe.Configuration.ProbesFile.Parse(block.Place, block.Text).Errors.Select(mistake => mistake.ToString()));
    }

    /// <summary>Both ways: the documents name no option that is gone, and leave none out.</summary>
    [Fact]
    public void Options_OfTheProgramAndOfTheDocuments_AreTheSame()
    {
        var named = Option().Matches(Repository.Read("docs/cli.md") + Repository.Read("docs/gate.md") + Repository.Read("docs/registries.md")).Select(match => match.Value).ToHashSet();
        var taken = CommandLine.Parse([]).RootCommandResult.Command.Subcommands
            .SelectMany(command => command.Options)
            .SelectMany(option => new[] { option.Name }.Concat(option.Aliases))
            .Where(name => name.StartsWith("--", StringComparison.Ordinal))
            .ToHashSet();
        // Of the program itself; the long form of -o.
        named.ExceptWith(["--version", "--help", "--project"]);
        taken.ExceptWith(["--output-file"]);

        Assert.Equal(taken.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    private static IReadOnlyList<string> MistakesIn(IReadOnlyList<string> words)
    {
        var parsed = CommandLine.Parse(words);
        var mistakes = CommandLine.MistakesOf(parsed);
        if (mistakes.Count == 0 && parsed.CommandResult.Command is ITakesTarget command)
            mistakes = command.MistakesIn(parsed);
        // The reader's variables and files are not here.
        return
        [
            .. mistakes
                .Where(mistake => !Missing().IsMatch(mistake))
                .Select(mistake => $"mcpprobe {string.Join(' ', words)}: {mistake}"),
        ];
    }

    private static void Read(CodeBlock block)
    {
        switch (block.Language)
        {
            case "yaml":
                new YamlStream().Load(new StringReader(block.Text));
                break;
            case "json":
                JsonDocument.Parse(block.Text).Dispose();
                break;
            case "toml":
                Assert.False(SyntaxParser.Parse(block.Text).HasErrors, string.Join('\n', SyntaxParser.Parse(block.Text).Diagnostics));
                break;
            default:
                Assert.True(block.Language is "sh" or "console" or "dockerfile" or "caddyfile", $"no reader for '{block.Language}': name the language, and read it here");
                break;
        }
    }

    [GeneratedRegex("environment variable .* is not set|the file '.*' does not exist")]
    private static partial Regex Missing();

    [GeneratedRegex("such as \"(?<line>[^\"]+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex("^(channels|defaults|endpoints|imports|pages|reports|timeZone):")]
    private static partial Regex ProbesFileKey();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z0-9-]+")]
    private static partial Regex Option();
}
