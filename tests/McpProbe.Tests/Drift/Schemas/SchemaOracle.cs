using System.Diagnostics;
using System.Text.Json.Nodes;

namespace McpProbe.Tests.Drift.Schemas;

/// <summary>ajv in a child process: an independent judge of which documents are valid (tests/schema-oracle).</summary>
internal sealed class SchemaOracle : IAsyncDisposable
{
    private readonly Process _node;

    public SchemaOracle()
    {
        var folder = Folder();
        Assert.True(Directory.Exists(Path.Combine(folder, "node_modules", "ajv")), "ajv is not installed: run ./test.sh, or npm ci --ignore-scripts in tests/schema-oracle");
        _node = Process.Start(new ProcessStartInfo("node", [Path.Combine(folder, "oracle.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    /// <summary>Asks about many pairs at once; the answers come in the order of the questions.</summary>
    public async Task<IReadOnlyList<Answer>> AskAsync(IReadOnlyList<Question> questions, CancellationToken cancellationToken)
    {
        var writing = WriteAsync();
        var answers = new List<Answer>();
        var errors = new List<string>();
        foreach (var question in questions)
        {
            var line = await _node.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException("the oracle ended");
            var answer = JsonNode.Parse(line)!;
            // A reference that leads to itself on the way means nothing, and no validator ends.
            if ((string?)answer["error"] is { } error && !error.StartsWith("Maximum call stack", StringComparison.Ordinal)) errors.Add($"{error}: {question.Valid.ToJsonString()} / {question.Then.ToJsonString()}");
            answers.Add(new Answer(question, (int)answer["tested"]!, [.. answer["wrong"]!.AsArray().Select(index => question.Documents[(int)index!]!)]));
        }

        await writing;
        Assert.Empty(errors);
        return answers;

        async Task WriteAsync()
        {
            foreach (var question in questions)
            {
                var line = new JsonObject { ["valid"] = question.Valid.DeepClone(), ["then"] = question.Then.DeepClone(), ["documents"] = question.Documents.DeepClone() };
                await _node.StandardInput.WriteLineAsync(line.ToJsonString().AsMemory(), cancellationToken);
            }

            await _node.StandardInput.FlushAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _node.StandardInput.Close();
        await _node.WaitForExitAsync();
        _node.Dispose();
    }

    private static string Folder()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (Path.Combine(directory.FullName, "tests", "schema-oracle") is var folder && Directory.Exists(folder)) return folder;
        }

        throw new InvalidOperationException($"there is no tests/schema-oracle above {AppContext.BaseDirectory}");
    }

    /// <summary>Is every document that is valid against the first schema valid against the second?</summary>
    internal sealed record Question(JsonNode Valid, JsonNode Then, JsonArray Documents);

    /// <param name="Tested">Documents that were valid against the first.</param>
    /// <param name="Wrong">Those of them that the second refuses.</param>
    internal sealed record Answer(Question Question, int Tested, IReadOnlyList<JsonNode?> Wrong);
}
