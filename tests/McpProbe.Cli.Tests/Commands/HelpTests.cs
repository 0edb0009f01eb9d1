using McpProbe.Cli.Commands;
using McpProbe.Cli.Output;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Commands;

public sealed class HelpTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Commands => [.. CommandLine.Visible.Select(command => command.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_OfACommand_IsTheSameEitherWayAndEndsWithExamples(string command)
    {
        var (word, option) = (await CliProcess.RunAsync("help", command), await CliProcess.RunAsync(command, "--help"));

        Assert.Equal(option, word);
        Assert.Equal((0, ""), (word.ExitCode, word.Errors));
        var examples = word.Output[word.Output.IndexOf("\nExamples:\n", StringComparison.Ordinal)..].Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.Equal(Examples.Of(command), examples.Select(line => line[2..]));
        Assert.NotEmpty(examples);
    }

    /// <summary>What stands in the help is a command line that the parser takes.</summary>
    [Theory]
    [MemberData(nameof(Commands))]
    public void Examples_OfACommand_AreUnderstood(string command)
    {
        foreach (var example in Examples.Of(command))
        {
            var words = Words(example[example.IndexOf("mcpprobe ", StringComparison.Ordinal)..]);
            Assert.Equal(command, words[1]);
            var parsed = CommandLine.Parse(words[1..]);
            // A variable with a key is not set here.
            Assert.All(CommandLine.MistakesOf(parsed), mistake => Assert.Contains("is not set; set it to", mistake, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Help_Alone_IsThatOfTheWhole() => Assert.Equal(await CliProcess.RunAsync("--help"), await CliProcess.RunAsync("help"));

    [Fact]
    public async Task Man_IsAPageThatNamesEveryCommandAndOption()
    {
        var run = await CliProcess.RunAsync("help", "--man");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(ManPage.Render(), run.Output);
        var plain = run.Output.Replace("\\-", "-", StringComparison.Ordinal);
        Assert.All(CommandLine.Visible, command =>
        {
            Assert.Contains($"\n.SS mcpprobe {command.Name}", plain, StringComparison.Ordinal);
            Assert.All(command.Options.Where(option => option.Description is not null), option => Assert.Contains(option.Name, plain, StringComparison.Ordinal));
        });
        Assert.Contains("\n.SH EXIT STATUS\n.TP\n\\fB0\\fR\nall well\n", run.Output, StringComparison.Ordinal);
        // A line that begins with a dot is a request; each is one of man(7)'s.
        Assert.All(run.Output.Split('\n').Where(line => line.StartsWith('.') || line.StartsWith('\'')), line => Assert.Contains(line.Split(' ')[0], (string[])[".TH", ".SH", ".SS", ".B", ".I", ".TP", ".PP", ".EX", ".EE"]));
    }

    [Fact]
    public async Task Man_IsReadableByMan()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/man") && File.Exists("/usr/bin/groff"), "man and groff are not installed here.");
        var page = Path.Combine(_folder.Path, "mcpprobe.1");
        await File.WriteAllTextAsync(page, ManPage.Render(), TestContext.Current.CancellationToken);

        var (exitCode, output, errors) = await Shell.RunAsync("bash", ["-c", "MANWIDTH=100 man --warnings -l \"$0\" | col -b", page]);

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("mcpprobe check URL", output, StringComparison.Ordinal);
        Assert.Contains("--bearer-env", output, StringComparison.Ordinal);
    }

    private static string[] Words(string line) => [.. System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(line.Split(['|', '>'])[0].TrimEnd(')', ' '))];
}
