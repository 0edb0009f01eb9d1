namespace McpProbe.Catalog;

/// <summary>
/// What a value inside a tool's schema is (JSON Schema 2020-12 and draft-07): the same key is a keyword in one place, the name of a
/// property in another, and plain data in a third.
/// </summary>
internal enum SchemaPosition
{
    /// <summary>Data, such as <c>default</c>, <c>enum</c>, or the value of a keyword that holds no schema: kept as it is.</summary>
    Data,

    /// <summary>A schema, or a list of schemas: keys are keywords.</summary>
    Schema,

    /// <summary><c>properties</c> and the like: keys are names, values are schemas.</summary>
    SchemaMap,

    /// <summary><c>required</c>, <c>type</c>: an array without order.</summary>
    Set,

    /// <summary><c>title</c>, <c>description</c>.</summary>
    Text,

    /// <summary><c>$comment</c>, <c>examples</c>: part of neither contract nor text.</summary>
    Remark,
}

internal static class SchemaKeywords
{
    private static readonly (byte[] QuotedKey, SchemaPosition Position)[] Keywords =
    [
        .. Quoted(SchemaPosition.Schema,
            "items", "prefixItems", "additionalItems", "unevaluatedItems", "contains",
            "additionalProperties", "unevaluatedProperties", "propertyNames", "contentSchema",
            "allOf", "anyOf", "oneOf", "not", "if", "then", "else"),
        .. Quoted(SchemaPosition.SchemaMap,
            "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"),
        .. Quoted(SchemaPosition.Set, "required", "type"),
        .. Quoted(SchemaPosition.Text, "title", "description"),
        .. Quoted(SchemaPosition.Remark, "$comment", "examples"),
    ];

    /// <summary>The position of an object's member, given the object's own.</summary>
    public static SchemaPosition Of(SchemaPosition parent, ReadOnlySpan<byte> quotedKey)
    {
        if (parent == SchemaPosition.SchemaMap) return SchemaPosition.Schema;
        if (parent != SchemaPosition.Schema) return SchemaPosition.Data;
        foreach (var (key, position) in Keywords)
        {
            if (quotedKey.SequenceEqual(key)) return position;
        }

        return SchemaPosition.Data;
    }

    private static IEnumerable<(byte[] QuotedKey, SchemaPosition Position)> Quoted(SchemaPosition position, params string[] keys) =>
        keys.Select(key => (System.Text.Encoding.UTF8.GetBytes($"\"{key}\""), position));
}
