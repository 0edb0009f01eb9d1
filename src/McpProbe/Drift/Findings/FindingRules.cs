using McpProbe.Model;

namespace McpProbe.Drift.Findings;

/// <summary>
/// A kind of finding. Rules whose level is <see cref="FindingLevel.Hard"/> drop to soft where the text only quotes or describes
/// such a thing.
/// </summary>
/// <param name="Name">Stable; docs/findings.md explains it.</param>
/// <param name="Says">What is wrong with the text, as the predicate of a sentence whose subject is the text.</param>
internal sealed record FindingRule(string Name, FindingLevel Level, string Says)
{
    public override string ToString() => Name;
}

/// <summary>Every rule there is; docs/findings.md lists the same, which a test checks.</summary>
internal static class FindingRules
{
    // What a person does not see and a model reads.
    public static readonly FindingRule ZeroWidth = Hard("zero-width-character", "holds characters that draw nothing");
    public static readonly FindingRule BidiControl = Hard("bidi-control", "holds characters that show text in another order than it is read");
    public static readonly FindingRule TagCharacter = Hard("tag-character", "holds invisible tag characters, which spell a message for the model");
    public static readonly FindingRule PrivateUse = Hard("private-use-character", "holds private-use characters, which mean what their author decides");
    public static readonly FindingRule VariationSelectors = Hard("variation-selectors", "holds variation selectors that vary nothing, which can carry hidden data");
    public static readonly FindingRule ControlCharacter = Hard("control-character", "holds control characters, which can rewrite what a terminal shows");
    public static readonly FindingRule HiddenComment = Hard("hidden-comment", "gives instructions in a comment that is not shown where the text is rendered");
    public static readonly FindingRule EncodedCommand = Hard("encoded-command", "holds encoded text that decodes to a command or to instructions");

    // Instructions to the model.
    public static readonly FindingRule InstructionOverride = Hard("instruction-override", "tells the model to set aside its instructions");
    public static readonly FindingRule ForgedRole = Hard("forged-role", "pretends to be a message of the system or of another role");
    public static readonly FindingRule HidesFromUser = Hard("hides-from-user", "tells the model to keep something from the user");
    public static readonly FindingRule SensitiveFile = Hard("sensitive-file", "tells the model to read a file that holds secrets");
    public static readonly FindingRule SensitiveParameter = Hard("sensitive-parameter", "is the name of a parameter that asks for the content of a file that holds secrets");
    public static readonly FindingRule DataExfiltration = Hard("data-exfiltration", "tells the model to give away secrets or the conversation");
    public static readonly FindingRule RedirectedMessages = Hard("redirected-messages", "tells the model to send messages to an address of the server's choice");
    public static readonly FindingRule DictatedCommand = Hard("dictated-command", "tells the model to run a harmful command");
    public static readonly FindingRule CrossToolInstruction = Hard("cross-tool-instruction", "tells the model how to use the tools of other servers");

    // Worth a look.
    public static readonly FindingRule SoftHyphen = Soft("soft-hyphen", "holds soft hyphens, which draw nothing within a line");
    public static readonly FindingRule DirectionMark = Soft("direction-mark", "holds direction marks without any right-to-left text");
    public static readonly FindingRule LoneSurrogate = Soft("lone-surrogate", "holds half a character, which is not valid Unicode");
    public static readonly FindingRule Padding = Soft("padding", "holds so much white space that the text after it may be out of sight");
    public static readonly FindingRule InstructionTag = Soft("instruction-tag", "addresses the model with a tag of authority");
    public static readonly FindingRule PushyInstruction = Soft("pushy-instruction", "pushes the model to use a tool whatever the user asked for");
    public static readonly FindingRule AsksForCredentials = Soft("asks-for-credentials", "has the model ask the user for credentials");
    public static readonly FindingRule EmbeddedSecret = Soft("embedded-secret", "holds what looks like a secret, which everybody who connects can read");
    public static readonly FindingRule CapabilityMismatch = Soft("capability-mismatch", "promises only to read (readOnlyHint), but speaks of a tool that changes something");
    public static readonly FindingRule ToolNameForm = Soft("tool-name-form", "is not of the form that the specification asks of tool names (1 to 128 of A-Z a-z 0-9 _ - .)");
    public static readonly FindingRule MixedScriptName = Soft("mixed-script-name", "mixes letters of several scripts, which can pass for another name");
    public static readonly FindingRule UnreadText = Soft("unread-text", "is longer than what McpProbe reads for phrases");
    public static readonly FindingRule MoreFindings = Soft("more-findings", "has more findings than are shown");

    // Across endpoints.
    public static readonly FindingRule ToolShadowed = Soft("tool-shadowed", "is also the name of a tool of another endpoint");
    public static readonly FindingRule NamesOtherTool = Soft("names-other-tool", "names a tool of another endpoint");

    // Found while the catalogue is read (CatalogBuilder).
    public static readonly FindingRule DuplicateKey = Soft("duplicate-key", "is a key that stands more than once in one JSON object");
    public static readonly FindingRule UnreadableCapabilities = Soft("unreadable-capabilities", "cannot be read as capabilities");

    // What clients other than McpProbe do (ProbeRun.Note); the subject of these sentences is the server.
    public static readonly FindingRule InteropRedirect = Interop("redirect", "redirects, which McpProbe does not follow");
    public static readonly FindingRule InteropTopLevelCombinator = Interop("top-level-combinator", "has anyOf, oneOf or allOf at its top, which the APIs of some models refuse");

    public static readonly FindingRule InteropDiscover = Interop("discover", "does not answer server/discover as a server of the older era should");
    public static readonly FindingRule InteropId = Interop("id", "echoes the request's id as another number form than it was sent");
    public static readonly FindingRule InteropStray = Interop("stray", "sends text between its messages that is no JSON-RPC");
    public static readonly FindingRule InteropByteOrderMark = Interop("byte-order-mark", "begins a message with a byte order mark");
    public static readonly FindingRule InteropContentType = Interop("content-type", "writes a Content-Type that is no media type");
    public static readonly FindingRule InteropUnfinishedEvent = Interop("unfinished-event", "ends an event stream without the empty line that ends its last event");

    public static IReadOnlyList<FindingRule> All =>
    [
        ZeroWidth, BidiControl, TagCharacter, PrivateUse, VariationSelectors, ControlCharacter, HiddenComment, EncodedCommand,
        InstructionOverride, ForgedRole, HidesFromUser, SensitiveFile, SensitiveParameter, DataExfiltration, RedirectedMessages,
        DictatedCommand, CrossToolInstruction,
        SoftHyphen, DirectionMark, LoneSurrogate, Padding, InstructionTag, PushyInstruction, AsksForCredentials, EmbeddedSecret,
        CapabilityMismatch, ToolNameForm, MixedScriptName, UnreadText, MoreFindings,
        ToolShadowed, NamesOtherTool, DuplicateKey, UnreadableCapabilities,
        InteropRedirect, InteropTopLevelCombinator, InteropDiscover, InteropId, InteropStray, InteropByteOrderMark, InteropContentType,
        InteropUnfinishedEvent,
    ];

    private static FindingRule Hard(string name, string says) => new(name, FindingLevel.Hard, says);

    private static FindingRule Soft(string name, string says) => new(name, FindingLevel.Soft, says);

    private static FindingRule Interop(string name, string says) => Soft(Finding.InteropPrefix + name, says);
}
