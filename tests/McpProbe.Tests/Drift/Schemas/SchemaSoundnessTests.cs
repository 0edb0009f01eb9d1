using System.Globalization;
using System.Text.Json.Nodes;
using McpProbe.Catalog;
using McpProbe.Drift;
using McpProbe.Drift.Schemas;
using McpProbe.Model;

namespace McpProbe.Tests.Drift.Schemas;

/// <summary>
/// What the differ calls safe is safe: a validator that shares nothing with it finds no document that was valid and is refused.
/// MCPPROBE_SCHEMA_PAIRS makes the run longer, MCPPROBE_SCHEMA_SEED another.
/// </summary>
public class SchemaSoundnessTests(ITestOutputHelper output)
{
    private const int DocumentsPerPair = 200;
    private static readonly HashSet<string> Tolerated = [.. SchemaRules.All.Where(rule => rule.IsTolerated).Select(rule => rule.Name)];

    private static int Setting(string name, int normally) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : normally;

    [Fact]
    public async Task Compare_JudgedSafe_RefusesNoDocumentThatWasValid()
    {
        var pairs = Pairs(Setting("MCPPROBE_SCHEMA_PAIRS", 1500), Setting("MCPPROBE_SCHEMA_SEED", 1)).ToList();
        var questions = pairs.SelectMany(pair => Claims(pair, IsSafe)).ToList();
        await using var oracle = new SchemaOracle();
        var answers = await oracle.AskAsync(questions, TestContext.Current.CancellationToken);

        var documents = pairs.Count * DocumentsPerPair;
        var tested = answers.Sum(answer => answer.Tested);
        var share = (double)questions.Count / (2 * pairs.Count);
        output.WriteLine($"{pairs.Count} pairs, {documents} documents, {questions.Count} of {2 * pairs.Count} comparisons judged safe ({share:P0}), {tested} valid documents checked against them");
        Assert.All(answers, answer => Assert.True(answer.Wrong.Count == 0, $"""
            called safe, but refuses {(answer.Wrong.Count > 0 ? answer.Wrong[0] : null)?.ToJsonString() ?? "null"}
            valid: {answer.Question.Valid.ToJsonString()}
            then:  {answer.Question.Then.ToJsonString()}
            """));

        // Not by calling nothing safe, nor by checking nothing.
        Assert.True(share >= 0.25, $"only {share:P0} judged safe");
        Assert.True(tested >= 100_000 || pairs.Count < 1500, $"only {tested} documents were valid and checked");
    }

    // Were one of these rules missing from the differ, the check above would fail: so it can.
    private static readonly string[] Watched =
    [
        "input-required-added", "output-required-removed", "input-type-narrowed", "output-type-widened", "input-type-changed",
        "input-enum-introduced", "output-enum-dropped", "input-enum-value-removed", "output-enum-value-added",
        "input-bound-set", "input-bound-tightened", "output-bound-loosened", "output-bound-dropped",
        "input-null-removed", "output-null-added", "input-property-refused", "output-property-added-to-closed",
        "output-variant-added", "input-variant-removed", "input-constraint-added", "output-required-property-removed",
    ];

    [Fact]
    public async Task Compare_WithoutARule_IsCaught()
    {
        var pairs = Pairs(3000, 2, documents: 40).ToList();
        var asked = Watched.SelectMany(rule => pairs
            .Where(pair => pair.Changes.Any(change => change.Rule == rule))
            .SelectMany(pair => Claims(pair, changes => changes.Any(change => change.Rule == rule) && IsSafe([.. changes.Where(change => change.Rule != rule)])))
            .Take(20)
            .Select(question => (rule, question))).ToList();
        await using var oracle = new SchemaOracle();
        var answers = await oracle.AskAsync([.. asked.Select(pair => pair.question)], TestContext.Current.CancellationToken);

        var caught = asked.Zip(answers).Where(pair => pair.Second.Wrong.Count > 0).Select(pair => pair.First.rule).ToHashSet();
        Assert.Empty(Watched.Except(caught));
    }

    [Fact]
    public void Compare_AnotherSpelling_IsInfoOnly()
    {
        const int schemas = 800;
        var unproved = 0;
        for (var seed = 0; seed < schemas; seed++)
        {
            var generator = new SchemaGenerator(seed);
            var schema = generator.Root();
            var respelled = generator.Respell(schema);
            var changes = Compare(schema, respelled);

            // A oneOf of overlapping members, and patterns of names beside limits on further members, are compared as text: unknown, but never worse.
            if (changes.Any(change => change.Rule.EndsWith("-constraint-changed", StringComparison.Ordinal))) unproved++;
            else Assert.True(changes.All(change => change.Rule == "schema-notation-changed"), $"""
                seed {seed}: {string.Join(", ", changes.Select(change => $"{change.Rule} {change.Path}"))}
                {schema.ToJsonString()}
                {respelled.ToJsonString()}
                """);
        }

        Assert.InRange(unproved, 0, schemas / 20);
    }

    [Fact]
    public void Compare_WithItself_IsNothing()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var schema = new SchemaGenerator(seed).Root();
            Assert.Empty(Compare(schema, schema.DeepClone()));
        }
    }

    private sealed record PairOfSchemas(JsonNode Before, JsonNode After, JsonArray Documents, IReadOnlyList<Change> Changes);

    private static IEnumerable<PairOfSchemas> Pairs(int count, int seed, int documents = DocumentsPerPair)
    {
        for (var i = 0; i < count; i++)
        {
            var generator = new SchemaGenerator(unchecked((seed * 1_000_003) + i));
            var before = generator.Root();
            var after = i % 10 == 0 ? generator.Root() : generator.Mutate(before);
            while (JsonNode.DeepEquals(before, after)) after = generator.Mutate(before);
            var changes = Compare(before, after);
            var samples = new JsonArray();
            for (var j = 0; j < documents; j++)
            {
                var schema = j % 2 == 0 ? before : after;
                var document = generator.Document(schema, schema);
                samples.Add(j % 4 < 2 ? document : generator.Miss(document));
            }

            yield return new PairOfSchemas(before, after, samples, changes);
        }
    }

    private static IEnumerable<SchemaOracle.Question> Claims(PairOfSchemas pair, Func<IReadOnlyList<Change>, bool> isSafe)
    {
        if (isSafe([.. pair.Changes.Where(change => change.Path.StartsWith("/inputSchema", StringComparison.Ordinal))]))
            yield return new SchemaOracle.Question(pair.Before, pair.After, pair.Documents);
        if (isSafe([.. pair.Changes.Where(change => change.Path.StartsWith("/outputSchema", StringComparison.Ordinal))]))
            yield return new SchemaOracle.Question(pair.After, pair.Before, pair.Documents);
    }

    // Not breaking, and none of the rules that are a warning by convention (docs/drift-rules.md).
    private static bool IsSafe(IReadOnlyList<Change> changes) =>
        changes.All(change => change.Class <= ChangeClass.Warning && !Tolerated.Contains(change.Rule));

    private static IReadOnlyList<Change> Compare(JsonNode before, JsonNode after) => CatalogDiffer.Compare(Catalog(before), Catalog(after));

    private static ReadOnlyMemory<byte> Catalog(JsonNode schema)
    {
        using var builder = new CatalogBuilder();
        var tool = new JsonObject { ["name"] = "t", ["inputSchema"] = schema.DeepClone(), ["outputSchema"] = schema.DeepClone() };
        Assert.Null(builder.AddPage(System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["tools"] = new JsonArray(tool) }.ToJsonString())).Error);
        return builder.Build(new ServerDescription("s", "1", null, "{}"u8.ToArray())).Canonical;
    }
}
