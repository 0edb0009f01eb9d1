using System.Text.Json.Nodes;

namespace McpProbe.Web.Api.Description;

/// <summary>What the description of the API says of one operation, beside its path and its parameters in the path.</summary>
/// <param name="Id">Stable: clients are generated from it.</param>
/// <param name="Answers">Schema of docs/schema by status; null for an answer without a body.</param>
internal sealed record ApiOperation(string Id, string Tag, string Summary, IReadOnlyDictionary<int, string?> Answers)
{
    /// <summary>Parameters of the query, each with its schema and what it means.</summary>
    public IReadOnlyList<(string Name, string Schema, string Means)> Query { get; init; } = [];

    /// <summary>Schema of the body, and an example of it; null for none.</summary>
    public (string Schema, string Example)? Body { get; init; }

    /// <summary>Problems that it answers beside those that any operation can.</summary>
    public IReadOnlyList<int> Problems { get; init; } = [];

    /// <summary>It takes <c>If-Match</c> and <c>If-None-Match</c>, and its answers have an <c>ETag</c>.</summary>
    public bool HasVersion { get; init; }

    /// <summary>It answers without the key.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The type of the body; JSON unless it says otherwise.</summary>
    public string BodyType { get; init; } = "application/json";

    internal JsonNode? Example => Body is { Example: var text } && BodyType == "application/json" ? JsonNode.Parse(text) : null;
}
