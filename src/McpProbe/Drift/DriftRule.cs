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
    /// Not shown to be safe, and yet no more than a warning: such changes mostly write down what was so before, and would drown the rest.
    /// </summary>
    public bool IsTolerated { get; init; }

    /// <param name="name">Foreign text.</param>
    public string Say(string? name) =>
        name is null ? Sentence : string.Format(CultureInfo.InvariantCulture, Sentence, VisibleText.Line(name));
}
