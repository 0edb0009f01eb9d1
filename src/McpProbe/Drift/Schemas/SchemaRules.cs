using McpProbe.Model;
using static McpProbe.Model.ChangeClass;

namespace McpProbe.Drift.Schemas;

/// <summary>What a difference does to the set of valid values.</summary>
[Flags]
internal enum Effect
{
    None = 0,

    /// <summary>Some value may no longer be valid.</summary>
    Narrower = 1,

    /// <summary>Some value may have become valid.</summary>
    Wider = 2,

    /// <summary>The set is the same, or only differs in members that were not described: see docs/drift-rules.md.</summary>
    Described = 4,
}

/// <summary>A difference between two schemas, and what it is called in arguments and in results.</summary>
internal sealed record SchemaRule(Effect Effect, DriftRule Input, DriftRule Output);

/// <summary>The rules for schemas. The table of docs/drift-rules.md is checked against it.</summary>
internal static class SchemaRules
{
    private static readonly List<DriftRule> Table = [];

    public static readonly SchemaRule TypeNarrowed = Rule(Effect.Narrower, "type-narrowed",
        Breaking, "Values of a type that was accepted are refused now.", Info, "Fewer types of value are returned.");

    public static readonly SchemaRule TypeWidened = Rule(Effect.Wider, "type-widened",
        Info, "More types of value are accepted.", Breaking, "Values of a type that was never returned are returned now.");

    public static readonly SchemaRule TypeChanged = Rule(Effect.Narrower | Effect.Wider, "type-changed",
        Breaking, "Values of another type are accepted; what was accepted is refused now.", Breaking, "Values of another type are returned.");

    public static readonly SchemaRule NullRemoved = Rule(Effect.Narrower, "null-removed",
        Breaking, "Null is refused now.", Info, "Null is no longer returned.");

    public static readonly SchemaRule NullAdded = Rule(Effect.Wider, "null-added",
        Info, "Null is accepted, too.", Breaking, "Null may be returned now.");

    public static readonly SchemaRule EnumIntroduced = Rule(Effect.Narrower, "enum-introduced",
        Breaking, "Only listed values are accepted now.", Info, "Only listed values are returned now.");

    public static readonly SchemaRule EnumDropped = Rule(Effect.Wider, "enum-dropped",
        Info, "Values are no longer limited to a list.", Breaking, "Returned values are no longer limited to a list.");

    public static readonly SchemaRule EnumValueRemoved = Rule(Effect.Narrower, "enum-value-removed",
        Breaking, "A value that was accepted is refused now.", Info, "A value is no longer returned.");

    public static readonly SchemaRule EnumValueAdded = Rule(Effect.Wider, "enum-value-added",
        Info, "One more value is accepted.", Warning, "A value may be returned that clients do not know.", toleratedOutput: true);

    public static readonly SchemaRule BoundSet = Rule(Effect.Narrower, "bound-set",
        Warning, "A bound is set where none was; values beyond it are refused.", Info, "Returned values keep to a bound now.", toleratedInput: true);

    public static readonly SchemaRule BoundTightened = Rule(Effect.Narrower, "bound-tightened",
        Breaking, "A bound is tighter; values that were accepted are refused now.", Info, "Returned values keep to a tighter bound.");

    public static readonly SchemaRule BoundLoosened = Rule(Effect.Wider, "bound-loosened",
        Info, "A bound is wider.", Breaking, "Values beyond a bound that was kept may be returned now.");

    public static readonly SchemaRule BoundDropped = Rule(Effect.Wider, "bound-dropped",
        Info, "A bound is gone.", Breaking, "A bound that returned values kept to is gone.");

    public static readonly SchemaRule MultipleOfTightened = Rule(Effect.Narrower, "multiple-of-tightened",
        Breaking, "Numbers that were accepted are refused now: they must be multiples.", Info, "Returned numbers are multiples now.");

    public static readonly SchemaRule MultipleOfLoosened = Rule(Effect.Wider, "multiple-of-loosened",
        Info, "Numbers need not be such multiples any more.", Breaking, "Returned numbers need not be such multiples any more.");

    public static readonly SchemaRule PatternAdded = Rule(Effect.Narrower, "pattern-added",
        Breaking, "Text must match a pattern now.", Info, "Returned text matches a pattern now.");

    public static readonly SchemaRule PatternDropped = Rule(Effect.Wider, "pattern-dropped",
        Info, "Text need not match a pattern any more.", Breaking, "Returned text need not match a pattern any more.");

    public static readonly SchemaRule PatternChanged = Rule(Effect.Narrower | Effect.Wider, "pattern-changed",
        Warning, "Text must match another pattern; compare the two.", Warning, "Returned text matches another pattern; compare the two.",
        toleratedInput: true, toleratedOutput: true);

    public static readonly SchemaRule FormatAdded = Rule(Effect.Narrower, "format-added",
        Warning, "A format is named where none was; other text may be refused.", Info, "Returned text keeps to a format now.", toleratedInput: true);

    public static readonly SchemaRule FormatDropped = Rule(Effect.Wider, "format-dropped",
        Info, "A format is no longer named.", Warning, "Returned text need not keep to a format any more.", toleratedOutput: true);

    public static readonly SchemaRule FormatChanged = Rule(Effect.Narrower | Effect.Wider, "format-changed",
        Warning, "Another format is named.", Warning, "Another format is returned.", toleratedInput: true, toleratedOutput: true);

    public static readonly SchemaRule UniqueItemsAdded = Rule(Effect.Narrower, "unique-items-added",
        Breaking, "The same item twice is refused now.", Info, "No item is returned twice.");

    public static readonly SchemaRule UniqueItemsDropped = Rule(Effect.Wider, "unique-items-dropped",
        Info, "The same item may stand twice.", Breaking, "An item may be returned twice.");

    public static readonly SchemaRule RequiredAdded = Rule(Effect.Narrower, "required-added",
        Breaking, "The argument '{0}' is required now; calls without it will fail.", Info, "The result always holds '{0}' now.");

    public static readonly SchemaRule RequiredAddedWithDefault = new(Effect.Narrower,
        Rule("input-required-added-with-default", Warning,
            "The argument '{0}' is required now, and has a default; calls without it fail where the server does not fill it in.", true), RequiredAdded.Output);

    public static readonly SchemaRule RequiredRemoved = Rule(Effect.Wider, "required-removed",
        Info, "The argument '{0}' is optional now.", Breaking, "The result may lack '{0}' now.");

    public static readonly SchemaRule DependentRequiredAdded = Rule(Effect.Narrower, "dependent-required-added",
        Breaking, "An argument makes '{0}' required now.", Info, "A member of the result comes with '{0}' now.");

    public static readonly SchemaRule DependentRequiredRemoved = Rule(Effect.Wider, "dependent-required-removed",
        Info, "No argument makes '{0}' required any more.", Breaking, "A member of the result may come without '{0}' now.");

    public static readonly SchemaRule PropertyAdded = Rule(Effect.Described, "property-added",
        Info, "The optional argument '{0}' is new.", Info, "The result may hold '{0}' now.");

    public static readonly SchemaRule PropertyAddedToClosed = new(Effect.Wider, PropertyAdded.Input,
        Rule("output-property-added-to-closed", Warning, "The result may hold '{0}' now, which strict clients refuse: the old schema allowed no further members.", true));

    public static readonly SchemaRule PropertyClaimed = Rule(Effect.Narrower | Effect.Wider, "property-claimed",
        Warning, "The argument '{0}' has a schema of its own now; other values of that name may be refused.",
        Warning, "The member '{0}' of the result had a schema of its own, and has another or none now.", toleratedInput: true, toleratedOutput: true);

    public static readonly SchemaRule PropertyRemoved = Rule(Effect.Described, "property-removed",
        Warning, "The argument '{0}' is gone; calls with it may fail or be misunderstood.", Warning, "The result no longer holds '{0}'.");

    public static readonly SchemaRule PropertyRefused = new(Effect.Narrower,
        Rule("input-property-refused", Breaking, "The argument '{0}' is gone and no further arguments are allowed; calls with it will fail.", false), PropertyRemoved.Output);

    public static readonly SchemaRule RequiredPropertyRemoved = new(Effect.Wider, PropertyRemoved.Input,
        Rule("output-required-property-removed", Breaking, "The result no longer holds '{0}', which it always held.", false));

    public static readonly SchemaRule RequiredPropertyRefused = new(Effect.Narrower | Effect.Wider, PropertyRefused.Input, RequiredPropertyRemoved.Output);

    public static readonly SchemaRule AdditionalPropertiesClosed = Rule(Effect.Narrower, "additional-properties-closed",
        Breaking, "Further arguments are refused or limited now.", Info, "The result holds no further members, or limited ones.");

    public static readonly SchemaRule ArgumentsClosed = new(Effect.Narrower,
        Rule("input-arguments-closed", Warning, "The tool took no arguments, and says now that it refuses any.", true), AdditionalPropertiesClosed.Output);

    public static readonly SchemaRule AdditionalPropertiesOpened = Rule(Effect.Wider, "additional-properties-opened",
        Info, "Further arguments are not refused any more.", Warning, "The result may hold members that its schema does not describe.", toleratedOutput: true);

    public static readonly SchemaRule AdditionalPropertiesAllowed = Rule(Effect.Wider, "additional-properties-allowed",
        Info, "Further arguments of a kind are accepted.", Breaking, "The result may hold further members.");

    public static readonly SchemaRule VariantRemoved = Rule(Effect.Narrower, "variant-removed",
        Breaking, "One of the accepted forms (anyOf, oneOf) is gone.", Info, "One of the returned forms (anyOf, oneOf) is gone.");

    public static readonly SchemaRule VariantAdded = Rule(Effect.Wider, "variant-added",
        Info, "One more form (anyOf, oneOf) is accepted.", Breaking, "A form that clients do not know (anyOf, oneOf) may be returned.");

    public static readonly SchemaRule ConstraintAdded = Rule(Effect.Narrower, "constraint-added",
        Unknown, "The constraint '{0}' was added; what it refuses cannot be worked out. Compare before and after.", Info, "The result keeps to a further constraint '{0}'.");

    public static readonly SchemaRule ConstraintRemoved = Rule(Effect.Wider, "constraint-removed",
        Info, "The constraint '{0}' is gone.", Unknown, "The constraint '{0}' is gone; what may be returned now cannot be worked out. Compare before and after.");

    public static readonly SchemaRule ConstraintChanged = Rule(Effect.Narrower | Effect.Wider, "constraint-changed",
        Unknown, "The constraint '{0}' changed in a way that cannot be proved safe. Compare before and after.",
        Unknown, "The constraint '{0}' changed in a way that cannot be proved safe. Compare before and after.");

    public static readonly DriftRule TitleChanged = Rule("title-changed", Warning, "A title changed; people and models choose by it.", false);

    public static readonly DriftRule DescriptionChanged = Rule("description-changed", Warning, "A description changed; models choose tools and fill in arguments by it.", false);

    public static readonly DriftRule TextNotationChanged = Rule("text-notation-changed", Info,
        "A text has other line ends or another Unicode form, and reads the same.", false);

    public static readonly DriftRule ContentTypeChanged = Rule("content-type-changed", Warning, "The encoding or media type of a text changed.", false);

    public static readonly DriftRule DefaultChanged = Rule("default-changed", Info, "A default changed.", false);

    public static readonly DriftRule RemarkChanged = Rule("schema-remark-changed", Info, "A comment, an example or the like in the schema changed.", false);

    public static readonly DriftRule NotationChanged = Rule("schema-notation-changed", Info, "The schema is written differently and means the same.", false);

    public static readonly DriftRule SchemaChanged = Rule("schema-changed", Unknown, "There is no JSON Schema on one of the sides. Compare before and after.", false);

    public static readonly DriftRule TooComplex = Rule("schema-too-complex", Unknown,
        "The schema changed and is too deep or too tangled to compare. Compare before and after, or simplify it.", false);

    public static IReadOnlyList<DriftRule> All => Table;

    private static SchemaRule Rule(
        Effect effect, string name, ChangeClass input, string inputSentence, ChangeClass output, string outputSentence,
        bool toleratedInput = false, bool toleratedOutput = false) =>
        new(effect, Rule($"input-{name}", input, inputSentence, toleratedInput), Rule($"output-{name}", output, outputSentence, toleratedOutput));

    private static DriftRule Rule(string name, ChangeClass level, string sentence, bool tolerated)
    {
        var rule = new DriftRule(name, level, sentence) { IsTolerated = tolerated };
        Table.Add(rule);
        return rule;
    }
}
