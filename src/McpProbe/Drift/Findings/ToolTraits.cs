using System.Text.Json;
using System.Text.RegularExpressions;
using McpProbe.Catalog.Json;
using McpProbe.Model;

namespace McpProbe.Drift.Findings;

/// <summary>What a tool's name and description say against its annotations, and the name against the specification.</summary>
internal static partial class ToolTraits
{
    private const int MostDescription = 200;

    public static void Find(JsonTree tree, int tool, string name, FindingList findings)
    {
        if (!NameText.MixesScripts(name) && !IsOfTheForm(name)) findings.Add(FindingRules.ToolNameForm, FindingLevel.Soft, name, "/name", ".");

        var annotations = tree.Member(tool, "\"annotations\""u8);
        if (annotations == JsonTree.None || tree.Member(annotations, "\"readOnlyHint\""u8) is var hint && (hint == JsonTree.None || tree.Kind(hint) != JsonValueKind.True))
            return;
        var words = new char[2 * name.Length + 1];
        var spoken = words.AsSpan(0, NameText.Write(name, words));
        if (ChangesByName().IsMatch(spoken) && !ReadOnly().IsMatch(spoken) && !SaysReadOnly(tree, tool))
            findings.Add(FindingRules.CapabilityMismatch, FindingLevel.Soft, name, "/name", ".");
        else if (tree.Member(tool, "\"description\""u8) is var description and not JsonTree.None && tree.Kind(description) == JsonValueKind.String
            && Start(tree, description) is { } start && ChangesByDescription().IsMatch(start) && !ReadOnly().IsMatch(start))
            findings.Add(FindingRules.CapabilityMismatch, FindingLevel.Soft, name, "/description", ".");
    }

    // Tools, "Tool Names" in the specification of 2025-11-25.
    private static bool IsOfTheForm(string name) =>
        name.Length is >= 1 and <= 128 && name.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is '_' or '-' or '.');

    private static bool SaysReadOnly(JsonTree tree, int tool) =>
        tree.Member(tool, "\"description\""u8) is var description and not JsonTree.None && tree.Kind(description) == JsonValueKind.String
        && ReadOnly().IsMatch(Start(tree, description));

    private static string Start(JsonTree tree, int text)
    {
        var decoded = CanonicalString.Decode(tree.Text(text));
        return decoded[..Math.Min(decoded.Length, MostDescription)];
    }

    [GeneratedRegex(@"^(?:[^ ]{1,30} ){0,1}(?:delete|remove|drop|purge|destroy|write|overwrite|send|kill|terminate|uninstall|wipe|truncate|transfer|pay|execute)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ChangesByName();

    [GeneratedRegex(@"^\W{0,4}(?:deletes?|removes?|drops?|purges?|destroys?|writes?|overwrites?|sends?|kills?|terminates?|uninstalls?|wipes?|truncates?|transfers?|pays?|executes?)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ChangesByDescription();

    [GeneratedRegex(@"\b(?:read[- ]?only|select|query|queries|search|preview|dry[- ]?run)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ReadOnly();
}
