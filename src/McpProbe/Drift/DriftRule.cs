using System.Globalization;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Drift;

/// <summary>A rule of docs/drift-rules.md.</summary>
/// <param name="Name">Stable: users filter by it.</param>
/// <param name="Sentence">What the change means, for a person; <c>{0}</c> stands for the name in question.</param>
internal sealed record DriftRule(string Name, ChangeClass Class, string Sentence)
{
    /// <summary>
    /// Not proved safe, and yet only a warning: most such changes write down what was true before, and would drown the others.
    /// </summary>
    public bool IsTolerated { get; init; }

    /// <param name="name">Foreign text.</param>
    public string Say(string? name) =>
        name is null ? Sentence : string.Format(CultureInfo.InvariantCulture, Sentence, VisibleText.Line(name));
}
