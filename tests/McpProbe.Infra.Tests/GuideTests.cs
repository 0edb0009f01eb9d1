using System.Reflection;
using System.Text.RegularExpressions;
using McpProbe.Functions;
using Microsoft.Extensions.Logging;

namespace McpProbe.Infra.Tests;

/// <summary>docs/azure.md says what is there: its steps, commands, variables and reasons are those of the templates, the hooks and the code.</summary>
public partial class GuideTests
{
    [Fact]
    public async Task Steps_AreTen_EachWithWhatItPrintsHowLongAndWhatToDo()
    {
        var guide = await Repository.ReadAsync("docs/azure.md");
        var steps = Step().Matches(guide).ToList();
        Assert.Equal(Enumerable.Range(1, 10), steps.Select(step => int.Parse(step.Groups[1].Value, null)));
        foreach (var step in steps)
        {
            var text = step.Value;
            Assert.Contains("- It prints: ", text, StringComparison.Ordinal);
            Assert.Matches("(?i)(- If it fails|- If )", text);
            Assert.Matches("(?i)seconds|minute|at once", text);
        }
    }

    [Fact]
    public async Task Values_ThatAreRead_AreOutputs()
    {
        var (template, _) = await Bicep.BuildAsync(Repository.File("infra/main.bicep"));
        var outputs = template["outputs"]!.AsObject().Select(output => output.Key).ToList();
        var read = GetValue().Matches(await Repository.ReadAsync("docs/azure.md")).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(read);
        Assert.Empty(read.Except(outputs));

        // The hooks read outputs, parameters, what azd sets, and how long to wait.
        var parameters = ParameterVariable().Matches(await Repository.ReadAsync("infra/main.parameters.json")).Select(m => m.Groups[1].Value);
        foreach (var hook in Directory.EnumerateFiles(Repository.File("infra/hooks"), "*.sh"))
        {
            var variables = Variable().Matches(await File.ReadAllTextAsync(hook, TestContext.Current.CancellationToken)).Select(m => m.Value).Distinct();
            Assert.Empty(variables.Except(outputs).Except(parameters).Except(["AZURE_SUBSCRIPTION_ID", "MCPPROBE_WAIT_SECONDS", "MCPPROBE_WAIT_PAUSE_SECONDS"]));
        }
    }

    [Fact]
    public async Task Links_LeadToHeadingsThatAreThere()
    {
        var guide = await Repository.ReadAsync("docs/azure.md");
        var anchors = Heading().Matches(guide).Select(m => Anchor(m.Groups[1].Value)).ToList();
        Assert.All(Link().Matches(guide).Select(m => m.Groups[1].Value), link => Assert.Contains(link, anchors));
        // Hooks and alerts name sections too.
        Assert.Contains("(When it does not become healthy)", await Repository.ReadAsync("infra/hooks/wait-until-healthy.sh"), StringComparison.Ordinal);
        var named = Quoted().Matches(await Repository.ReadAsync("infra/modules/watch.bicep")).Select(m => m.Groups[1].Value).Append("When it does not become healthy");
        Assert.All(named, section => Assert.Contains($"\n## {section}\n", guide, StringComparison.Ordinal));
    }

    /// <summary>What <c>/api/health</c> says, and what the hook looks for.</summary>
    [Fact]
    public async Task Reasons_AreThoseOfTheHead()
    {
        var source = string.Concat(Directory.EnumerateFiles(Repository.File("src/McpProbe.Functions"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).Select(File.ReadAllText));
        var guide = await Repository.ReadAsync("docs/azure.md");
        var table = guide[guide.IndexOf("## When it does not become healthy", StringComparison.Ordinal)..guide.IndexOf("## No probes are sent", StringComparison.Ordinal)];
        var reasons = Reason().Matches(table).Select(m => m.Groups[1].Value).Except(["no answer"]).ToList();
        Assert.Equal(6, reasons.Count);
        Assert.All(reasons, reason => Assert.Contains($"\"{reason}\"", source, StringComparison.Ordinal));
        Assert.All(["sh", "ps1"], ending =>
            Assert.Contains("secret not resolved", File.ReadAllText(Repository.File($"infra/hooks/wait-until-healthy.{ending}")), StringComparison.Ordinal));
    }

    /// <summary>The alerts look for lines that the head writes.</summary>
    [Fact]
    public async Task Alerts_LookForLinesOfTheHead()
    {
        var lines = typeof(AppSettings).Assembly.GetTypes().SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()?.Message).OfType<string>().ToList();
        var queries = (await Deployment.OfAsync(ParameterSets.Default)).OfType("Microsoft.Insights/scheduledQueryRules")
            .Select(rule => rule["properties"]!["criteria"]!["allOf"]![0]!.Text("query")).ToList();
        Assert.Equal(2, queries.Count);
        foreach (var query in queries)
        {
            var begins = StartsWith().Match(query).Groups[1].Value;
            var has = Has().Match(query).Groups[1].Value;
            Assert.Contains(lines, line => line.StartsWith(begins, StringComparison.Ordinal) && line.Contains(has, StringComparison.Ordinal));
        }
        var metric = await Repository.ReadAsync("src/McpProbe/Monitoring/Metrics/MonitorMetrics.cs");
        Assert.All(queries.SelectMany(query => Metric().Matches(query)), m => Assert.Contains($"\"{m.Groups[1].Value}\"", metric, StringComparison.Ordinal));
    }

    private static string Anchor(string heading) =>
        NoAnchor().Replace(heading.ToLowerInvariant().Replace(' ', '-'), "");

    [GeneratedRegex(@"^### (\d+)\. .*?(?=^##)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Step();

    [GeneratedRegex("azd env get-value ([A-Z_]+)")]
    private static partial Regex GetValue();

    [GeneratedRegex(@"\$\{([A-Z_]+)\}")]
    private static partial Regex ParameterVariable();

    [GeneratedRegex("(MCPPROBE|AZURE)_[A-Z_]+")]
    private static partial Regex Variable();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(#([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("See \"([^\"]+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex("^\\| `([a-z ]+)`", RegexOptions.Multiline)]
    private static partial Regex Reason();

    [GeneratedRegex("startswith \"([^\"]+)\"")]
    private static partial Regex StartsWith();

    [GeneratedRegex("message has \"([^\"]+)\"")]
    private static partial Regex Has();

    [GeneratedRegex("name == \"([^\"]+)\"")]
    private static partial Regex Metric();

    [GeneratedRegex("[^a-z0-9-]")]
    private static partial Regex NoAnchor();
}
