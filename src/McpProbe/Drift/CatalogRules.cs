using McpProbe.Model;
using static McpProbe.Model.ChangeClass;

namespace McpProbe.Drift;

/// <summary>The rules for tools and servers, but for their schemas. The table of docs/drift-rules.md is checked against it.</summary>
internal static class CatalogRules
{
    private static readonly List<DriftRule> Table = [];

    public static readonly DriftRule ToolRemoved = Rule("tool-removed", Breaking, "The tool '{0}' is gone; calls of it will fail.");

    public static readonly DriftRule ToolRenamed = Rule("tool-renamed", Breaking, "The tool '{0}' has another name now; calls by the old name will fail.");

    public static readonly DriftRule ToolAdded = Rule("tool-added", Info, "The tool '{0}' is new.");

    public static readonly DriftRule ToolFieldChanged = Rule("tool-field-changed", Warning, "The tool's field '{0}' changed.");

    public static readonly DriftRule ToolNotationChanged = Rule("tool-notation-changed", Info, "The tool is written differently and says the same.");

    public static readonly DriftRule OutputSchemaAdded = Rule("output-schema-added", Info, "The tool says what it returns now.");

    public static readonly DriftRule OutputSchemaRemoved = Rule("output-schema-removed", Breaking, "The tool no longer says what it returns.");

    public static readonly DriftRule ReadOnlyLost = Rule("read-only-lost", Breaking,
        "The tool no longer says that it only reads; clients that ran it without asking must ask now.");

    public static readonly DriftRule DestructiveGained = Rule("destructive-gained", Breaking, "The tool may destroy data now, by its own words.");

    public static readonly DriftRule AnnotationsChanged = Rule("annotations-changed", Warning, "The tool's annotation '{0}' changed.");

    public static readonly DriftRule AnnotationsNotationChanged = Rule("annotations-notation-changed", Info,
        "The tool's annotations are written differently and say the same.");

    public static readonly DriftRule InstructionsChanged = Rule("instructions-changed", Warning, "The server's instructions changed; models read them before every tool.");

    public static readonly DriftRule ServerNameChanged = Rule("server-name-changed", Warning, "The server calls itself by another name.");

    public static readonly DriftRule CapabilityRemoved = Rule("capability-removed", Breaking, "The server no longer offers the capability '{0}'.");

    public static readonly DriftRule ListChangedRemoved = Rule("list-changed-removed", Warning,
        "The server no longer tells of changes ('{0}'); clients that wait for them keep an old list.");

    public static readonly DriftRule CapabilityAdded = Rule("capability-added", Info, "The server offers the capability '{0}' now.");

    public static readonly DriftRule CapabilityChanged = Rule("capability-changed", Unknown,
        "The server declares the capability '{0}' differently. Compare before and after.");

    public static readonly DriftRule CapabilityNotationChanged = Rule("capability-notation-changed", Info,
        "The server declares a capability differently and offers the same.");

    public static readonly DriftRule ProtocolVersionChanged = Rule("protocol-version-changed", Warning,
        "The server is spoken to in protocol version '{0}' now; fields that one of the versions lacks are not compared.");

    public static readonly DriftRule MoreChanges = Rule("more-changes", Unknown,
        $"There are more than {ChangeList.Most} changes; the rest is not shown. Take a new baseline if the whole catalogue was meant to change.");

    public static IReadOnlyList<DriftRule> All => Table;

    private static DriftRule Rule(string name, ChangeClass level, string sentence)
    {
        var rule = new DriftRule(name, level, sentence);
        Table.Add(rule);
        return rule;
    }
}
