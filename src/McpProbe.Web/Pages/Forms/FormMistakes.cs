using McpProbe.Configuration;
using McpProbe.Configuration.Reading;

namespace McpProbe.Web.Pages.Forms;

/// <summary>Mistakes by where they are shown: at a field, at the text of the other keys, or on top.</summary>
internal sealed class FormMistakes
{
    internal const string Advanced = "advanced";

    internal static readonly FormMistakes None = new([]);

    private readonly ILookup<string, string> _byPlace;

    internal FormMistakes(IEnumerable<ConfigError> mistakes)
    {
        var all = mistakes.ToList();
        Count = all.Count;
        _byPlace = all.ToLookup(PlaceOf, Words);
        Places = [.. all.Select(PlaceOf).Distinct()];
    }

    internal int Count { get; }

    /// <summary>Where there are any, in their order; empty for the top.</summary>
    internal IReadOnlyList<string> Places { get; }

    internal IEnumerable<string> At(string place) => _byPlace[place];

    // A mistake of the text has a line there; one of a field has its name.
    private static string PlaceOf(ConfigError mistake)
    {
        var key = mistake.Path.Split('.', '[')[0];
        return EndpointDraft.Fields.Contains(key) ? key : key.Length > 0 || mistake.Line > 0 ? Advanced : "";
    }

    // The engine's own words: what `validate` says.
    private static string Words(ConfigError mistake)
    {
        var place = PlaceOf(mistake);
        var line = place == Advanced && mistake is { Source: "advanced", Line: > 0 } ? $"line {mistake.Line}: " : "";
        return place.Length == 0 ? mistake.Message : $"{line}{(mistake.Path.Length > 0 ? mistake.Path + ": " : "")}{mistake.Message}";
    }
}
