using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace McpProbe.Cli.Commands;

/// <summary>What must hold for a server that answered to be healthy.</summary>
internal sealed class ConditionOptions : OptionGroup
{
    private readonly Option<string> _expectProtocol;
    private readonly Option<string> _expectServer;
    private readonly Option<string> _expectServerVersion;
    private readonly Option<string[]> _requireTools;
    private readonly Option<string[]> _forbidTools;
    private readonly Option<string[]> _requireLists;
    private readonly Option<bool> _allowEmpty;
    private readonly Option<bool> _allowUnusable;
    private readonly Option<string[]> _budgets;
    private readonly Option<string> _certificateDays;
    private readonly Option<string> _specification;
    private readonly Option<string> _maxTokens;

    public ConditionOptions()
        : base("Conditions")
    {
        _expectProtocol = Text("--expect-protocol", "conditions.expectProtocol", "VERSION", "Fail unless this protocol version is negotiated");
        _expectServer = Text("--expect-server", "conditions.expectServer", "NAME", "Fail unless the server gives itself this name");
        _expectServerVersion = Text("--expect-server-version", "conditions.expectServerVersion", "RANGE", "Fail unless its version is this, or in a range such as \">=1.2 <2\"");
        _requireTools = Many("--require-tool", "conditions.requireTools", "NAME", "Fail unless the catalogue has this tool; repeatable");
        _forbidTools = Many("--forbid-tool", "conditions.forbidTools", "NAME", "Fail if the catalogue has this tool; repeatable");
        _requireLists = Many("--require-list", "conditions.requireLists", "resources|prompts", "Fail unless this list is answered too; repeatable");
        _allowEmpty = Flag("--allow-empty", "conditions.allowEmpty", "Accept a catalogue without tools");
        _allowUnusable = Flag("--allow-unusable-tools", "conditions.toolsUsable", "Accept tools that official clients cannot list");
        _budgets = Many("--budget", "conditions.budgets", "PHASE=TIME", "Degraded when dns, connect, tls, handshake, catalog, smoke or total takes longer; repeatable");
        _certificateDays = Text("--certificate-days", "conditions.certificateDays", "N", "Degraded when the TLS certificate has fewer days left; 0 for never [default: 21]");
        _specification = Text("--specification", "conditions.specification", "must|should", "Fail when it breaks a rule of the specification that asks for that much");
        _maxTokens = Text("--max-tokens", "conditions.maxTokens", "N", "Degraded when a model reads more tokens of the tools");
    }

    public override void Write(Utf8JsonWriter json, ParseResult parsed, List<string> mistakes)
    {
        json.WriteStartObject("conditions");
        WriteFlag(json, parsed, "allowEmpty", _allowEmpty);
        if (IsSet(parsed, _allowUnusable))
            json.WriteBoolean("toolsUsable", false);
        WriteList(json, parsed, "requireTools", _requireTools);
        WriteList(json, parsed, "forbidTools", _forbidTools);
        WriteList(json, parsed, "requireLists", _requireLists);
        WriteText(json, parsed, "expectProtocol", _expectProtocol);
        WriteText(json, parsed, "expectServer", _expectServer);
        WriteText(json, parsed, "expectServerVersion", _expectServerVersion);
        json.WriteStartObject("budgets");
        foreach (var (phase, time) in Pairs(parsed, _budgets, "handshake=500ms", StringComparer.Ordinal, mistakes))
            json.WriteString(phase, time);
        json.WriteEndObject();
        WriteNumber(json, parsed, "certificateDays", _certificateDays);
        WriteText(json, parsed, "specification", _specification);
        WriteNumber(json, parsed, "maxTokens", _maxTokens);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, ParseResult parsed, string key, Option option)
    {
        if (Values(parsed, option) is not [var word])
            return;
        if (int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            json.WriteNumber(key, number);
        else
            json.WriteString(key, word);
    }
}
