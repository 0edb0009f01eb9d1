using System.Text.Json.Nodes;

namespace McpProbe.Tests.Drift.Schemas;

/// <summary>Random schemas, changes of them, other spellings of them, and documents that are valid or nearly so.</summary>
internal sealed class SchemaGenerator(int seed)
{
    private static readonly string[] Names = ["a", "b", "c", "d", "e"];
    private static readonly string[] Strings = ["", "a", "b", "ab", "abc", "abcd", "x", "x1", "1", "abcdefgh"];
    private static readonly string[] Patterns = ["^a", "b$", "^[a-z]*$", "^x"];
    private static readonly string[] Types = ["string", "integer", "number", "boolean", "null", "array", "object"];
    private readonly Random _random = new(seed);

    public JsonObject Root()
    {
        var root = Object(3);
        root["$defs"] = new JsonObject { ["A"] = Schema(2), ["B"] = Node() };
        return root;
    }

    // A list that holds itself.
    private JsonObject Node()
    {
        var node = Object(1);
        var properties = (JsonObject)(node["properties"] ??= new JsonObject());
        properties["e"] = new JsonObject { ["$ref"] = "#/$defs/B" };
        (node["required"] as JsonArray)?.RemoveAll(name => (string?)name == "e");
        return node;
    }

    public JsonNode Schema(int depth)
    {
        var choice = _random.Next(depth > 0 ? 20 : 9);
        return choice switch
        {
            < 2 => String(),
            < 5 => Number(),
            5 => new JsonObject { ["type"] = "boolean" },
            6 => new JsonObject { ["enum"] = Values() },
            7 => new JsonObject { ["type"] = new JsonArray(Pick(Types[..4]), "null") },
            8 => Chance(2) ? new JsonObject { ["const"] = Scalar() } : new JsonObject(),
            < 12 => Object(depth - 1),
            < 14 => Array(depth - 1),
            14 => new JsonObject { ["anyOf"] = Several(depth - 1) },
            15 => new JsonObject { ["anyOf"] = new JsonArray(Schema(depth - 1), new JsonObject { ["type"] = "null" }) },
            16 => Union(depth - 1),
            17 => new JsonObject { ["allOf"] = Several(depth - 1) },
            18 => new JsonObject { ["$ref"] = Chance(2) ? "#/$defs/A" : "#/$defs/B" },
            _ => Rare(depth - 1),
        };
    }

    private JsonObject String()
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (Chance(3)) schema["minLength"] = _random.Next(3);
        if (Chance(3)) schema["maxLength"] = _random.Next(2, 6);
        if (Chance(5)) schema["pattern"] = Pick(Patterns);
        return schema;
    }

    private JsonObject Number()
    {
        var schema = new JsonObject { ["type"] = Chance(2) ? "integer" : "number" };
        if (Chance(3)) schema[Chance(3) ? "exclusiveMinimum" : "minimum"] = _random.Next(-2, 3);
        if (Chance(3)) schema[Chance(3) ? "exclusiveMaximum" : "maximum"] = _random.Next(3, 9);
        if (Chance(8)) schema["multipleOf"] = Pick<double>([1, 2, 4, 0.5]);
        return schema;
    }

    private JsonObject Object(int depth)
    {
        var schema = new JsonObject { ["type"] = "object" };
        var properties = new JsonObject();
        foreach (var name in Names[..4].Where(_ => Chance(2))) properties[name] = Schema(depth);
        schema["properties"] = properties;
        var required = properties.Select(property => property.Key).Where(_ => Chance(3)).Select(name => (JsonNode)name).ToArray();
        if (required.Length > 0) schema["required"] = new JsonArray(required);
        if (Chance(3)) schema["additionalProperties"] = _random.Next(4) switch { 0 => true, 1 => Schema(0), _ => false };
        if (Chance(12)) schema["minProperties"] = _random.Next(1, 3);
        if (Chance(12)) schema["maxProperties"] = _random.Next(2, 5);
        if (Chance(12)) schema["propertyNames"] = Chance(2) ? new JsonObject { ["enum"] = new JsonArray("a", "b", "c", "d") } : new JsonObject { ["maxLength"] = 1 };
        if (Chance(12)) schema["dependentRequired"] = new JsonObject { [Pick(Names)] = new JsonArray(Pick(Names)) };
        if (Chance(12)) schema["patternProperties"] = new JsonObject { [Pick<string>(["^a", "^[cd]$"])] = Schema(0) };
        if (Chance(20)) schema["unevaluatedProperties"] = false;
        return schema;
    }

    private JsonObject Array(int depth)
    {
        var schema = new JsonObject { ["type"] = "array" };
        if (Chance(3)) schema["prefixItems"] = new JsonArray([.. Enumerable.Range(0, _random.Next(1, 3)).Select(_ => Schema(depth))]);
        if (!Chance(4)) schema["items"] = schema.ContainsKey("prefixItems") && Chance(2) ? false : Schema(depth);
        if (Chance(4)) schema["minItems"] = _random.Next(1, 3);
        if (Chance(4)) schema["maxItems"] = _random.Next(1, 4);
        if (Chance(8)) schema["uniqueItems"] = true;
        if (Chance(10)) schema["contains"] = Schema(0);
        return schema;
    }

    // Variants told apart by a constant.
    private JsonObject Union(int depth)
    {
        var variants = Names[..3].Select(kind =>
        {
            var variant = Object(depth);
            ((JsonObject)variant["properties"]!)["a"] = new JsonObject { ["const"] = kind };
            var required = (variant["required"] as JsonArray ?? []).Select(name => (string)name!).Append("a").Distinct();
            variant["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]);
            return (JsonNode)variant;
        });
        return new JsonObject { [Chance(2) ? "oneOf" : "anyOf"] = new JsonArray([.. variants]) };
    }

    private JsonObject Rare(int depth) => _random.Next(3) switch
    {
        0 => new JsonObject { ["oneOf"] = Several(depth) },
        1 => new JsonObject { ["not"] = Schema(0) },
        _ => new JsonObject { ["if"] = Schema(0), ["then"] = Schema(0), ["else"] = Schema(0) },
    };

    private JsonArray Several(int depth) => [.. Enumerable.Range(0, _random.Next(2, 4)).Select(_ => Schema(depth))];

    private JsonArray Values() => [.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => Scalar()).DistinctBy(value => value?.ToJsonString())];

    private JsonNode? Scalar() => _random.Next(8) switch
    {
        0 => null,
        1 => Chance(2),
        2 or 3 => _random.Next(-3, 10),
        4 => _random.Next(-3, 10) + 0.5,
        _ => Pick(Strings),
    };

    /// <summary>The schema with one or two things changed.</summary>
    public JsonNode Mutate(JsonNode schema)
    {
        var changed = schema.DeepClone();
        for (var i = _random.Next(2); i >= 0; i--)
        {
            var places = Schemas(changed).ToList();
            Change(Pick(places));
        }

        return changed;
    }

    /// <summary>All schema objects in a schema.</summary>
    /// <param name="opaque">With those that the differ does not take apart.</param>
    private static IEnumerable<JsonObject> Schemas(JsonNode? schema, bool opaque = true)
    {
        if (schema is not JsonObject own) yield break;
        yield return own;
        var children = new List<JsonNode?>();
        foreach (var (key, value) in own)
        {
            if (key is "properties" or "patternProperties" or "$defs" && value is JsonObject map) children.AddRange(map.Select(pair => pair.Value));
            else if (key is "anyOf" or "oneOf" or "allOf" or "prefixItems" && value is JsonArray items) children.AddRange(items);
            else if (key is "items" or "additionalProperties" or "propertyNames" || (opaque && key is "not" or "if" or "then" or "else" or "contains")) children.Add(value);
        }

        foreach (var inner in children.SelectMany(child => Schemas(child, opaque))) yield return inner;
    }

    private void Change(JsonObject schema)
    {
        var bounds = schema.Where(pair => pair.Key.StartsWith("min", StringComparison.Ordinal) || pair.Key.StartsWith("max", StringComparison.Ordinal) || pair.Key.StartsWith("exclusive", StringComparison.Ordinal)).Select(pair => pair.Key).ToList();
        var properties = schema["properties"] as JsonObject;
        switch (_random.Next(14))
        {
            case 0 or 1 when bounds.Count > 0:
                var bound = Pick(bounds);
                schema[bound] = Math.Max(bound.EndsWith("imum", StringComparison.Ordinal) ? -5 : 0, (int)schema[bound]! + Pick<int>([-2, -1, 1, 2]));
                break;
            case 2 or 3 or 4 when properties is not null:
                var name = Pick(Names);
                if (!properties.Remove(name)) properties[name] = Schema(1);
                break;
            case 5 or 6 when properties is not null:
                var required = (schema["required"] as JsonArray ?? []).Select(item => (string)item!).ToHashSet();
                var toggled = Pick(Names);
                if (!required.Remove(toggled)) required.Add(toggled);
                schema["required"] = new JsonArray([.. required.Select(item => (JsonNode)item)]);
                break;
            case 7 when properties is not null:
                if (!schema.Remove("additionalProperties")) schema["additionalProperties"] = Chance(2) ? false : Schema(0);
                break;
            case 8 when schema["enum"] is JsonArray values && values.Count > 1:
                if (Chance(2)) values.RemoveAt(0);
                else if (Scalar() is var value && !values.Any(other => JsonNode.DeepEquals(other, value))) values.Add(value);
                break;
            case 9 when schema.ContainsKey("anyOf") || schema.ContainsKey("oneOf") || schema.ContainsKey("allOf"):
                var members = (JsonArray)(schema["anyOf"] ?? schema["oneOf"] ?? schema["allOf"])!;
                if (Chance(2) && members.Count > 1) members.RemoveAt(_random.Next(members.Count));
                else members.Add(Schema(1));
                break;
            case 10 when schema["type"] is JsonValue type:
                schema["type"] = (string)type! switch { "integer" => "number", "number" => "integer", var other => new JsonArray(other, "null") };
                break;
            case 11 when schema["type"] is JsonArray types && types.Count > 1:
                schema["type"] = types[0]!.DeepClone();
                break;
            case 12 when schema.Count > 1 && Pick(schema.Select(pair => pair.Key).Where(key => key != "$defs").ToList()) is var key:
                schema.Remove(key);
                break;
            default:
                foreach (var (extra, limit) in (Schema(0) as JsonObject)!.ToList())
                {
                    if (!schema.ContainsKey(extra) && extra != "const") schema[extra] = limit?.DeepClone();
                }

                break;
        }
    }

    /// <summary>The schema written differently: it means the same.</summary>
    public JsonNode Respell(JsonNode schema)
    {
        var same = schema.DeepClone();
        foreach (var place in Schemas(same, opaque: false).ToList())
        {
            if (place["type"] is JsonValue one && Chance(2)) place["type"] = new JsonArray(one.DeepClone());
            if (place["type"] is JsonArray { Count: 2 } two && (string)two[1]! == "null" && place.Count == 1 && Chance(2))
            {
                place.Remove("type");
                place["anyOf"] = new JsonArray(new JsonObject { ["type"] = "null" }, new JsonObject { ["type"] = two[0]!.DeepClone() });
            }

            if (place.ContainsKey("const") && Chance(2))
            {
                var value = place["const"]?.DeepClone();
                place.Remove("const");
                place["enum"] = new JsonArray(value);
            }

            if (place["exclusiveMinimum"] is JsonValue lower && !place.ContainsKey("minimum") && Chance(2))
            {
                place["minimum"] = lower.DeepClone();
                place["exclusiveMinimum"] = true;
            }

            if (place["anyOf"] is JsonArray { Count: > 1 } members && Chance(2))
            {
                var first = members[0];
                members.RemoveAt(0);
                members.Add(first);
            }

            if (place["prefixItems"] is JsonArray prefix && Chance(2))
            {
                place.Remove("prefixItems");
                var rest = place["items"]?.DeepClone();
                place["items"] = prefix.DeepClone();
                if (rest is not null) place["additionalItems"] = rest;
            }

            if (place["not"] is null && place["if"] is null && !place.ContainsKey("$defs") && !place.ContainsKey("unevaluatedProperties") && place.Count > 0 && Chance(6))
            {
                var inner = place.DeepClone();
                place.Clear();
                place["allOf"] = new JsonArray(inner);
            }
        }

        return same;
    }

    /// <summary>A document that is probably valid.</summary>
    public JsonNode? Document(JsonNode? schema, JsonNode root, int depth = 6)
    {
        if (schema is not JsonObject own || depth == 0) return Anything(1);
        if (own["$ref"] is { } reference) return Document(root["$defs"]![((string)reference!)["#/$defs/".Length..]], root, depth - 1);
        if (own.ContainsKey("const")) return own["const"]?.DeepClone();
        if (own["enum"] is JsonArray { Count: > 0 } values) return Pick(values.ToList())?.DeepClone();
        if ((own["anyOf"] ?? own["oneOf"]) is JsonArray { Count: > 0 } members) return Document(Pick(members.ToList()), root, depth - 1);
        if (own["allOf"] is JsonArray { Count: > 0 } all)
        {
            // Objects are put together; of anything else one member is as good as another.
            var parts = all.Select(member => Document(member, root, depth - 1)).ToList();
            if (!parts.TrueForAll(part => part is JsonObject)) return Pick(parts)?.DeepClone();
            return new JsonObject(parts.SelectMany(part => part!.AsObject()).DistinctBy(member => member.Key).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
        }

        var type = own["type"] switch { JsonArray types => (string)Pick(types.ToList())!, JsonValue one => (string)one!, _ => own.ContainsKey("properties") ? "object" : Pick(Types) };
        return type switch
        {
            "string" => Fitting(own),
            "integer" => _random.Next((int?)own["minimum"] ?? (int?)own["exclusiveMinimum"] + 1 ?? -3, 10),
            "number" => _random.Next(-6, 20) / 2.0,
            "boolean" => Chance(2),
            "null" => null,
            "array" => Items(own, root, depth),
            _ => Members(own, root, depth),
        };
    }

    private string Fitting(JsonObject schema)
    {
        var fitting = Strings.Where(text => text.Length >= ((int?)schema["minLength"] ?? 0) && text.Length <= ((int?)schema["maxLength"] ?? 99)
            && (schema["pattern"] is not { } pattern || System.Text.RegularExpressions.Regex.IsMatch(text, (string)pattern!))).ToList();
        return fitting.Count == 0 ? Pick(Strings) : Pick(fitting);
    }

    private JsonArray Items(JsonObject schema, JsonNode root, int depth)
    {
        var prefix = schema["prefixItems"] as JsonArray ?? [];
        var count = _random.Next((int?)schema["minItems"] ?? 0, Math.Max((int?)schema["minItems"] ?? 0, (int?)schema["maxItems"] ?? 3) + 1);
        if (schema["items"] is JsonValue && prefix.Count > 0) count = Math.Min(count, prefix.Count);
        return new JsonArray([.. Enumerable.Range(0, count).Select(i => Document(i < prefix.Count ? prefix[i] : schema["items"], root, depth - 1))]);
    }

    private JsonObject Members(JsonObject schema, JsonNode root, int depth)
    {
        var required = (schema["required"] as JsonArray ?? []).Select(name => (string)name!).ToList();
        var document = new JsonObject();
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
        {
            if (required.Contains(name) || Chance(2)) document[name] = Document(property, root, depth - 1);
        }

        foreach (var name in required.Where(name => !document.ContainsKey(name))) document[name] = Document(schema["additionalProperties"], root, depth - 1);
        if (schema["additionalProperties"] is JsonObject or JsonValue && Chance(3)) document.TryAdd(Pick(Names), Document(schema["additionalProperties"], root, depth - 1));
        return document;
    }

    /// <summary>The document with one value replaced, removed or added.</summary>
    public JsonNode? Miss(JsonNode? document)
    {
        var missed = document?.DeepClone();
        if (missed is JsonObject members && !Chance(8))
        {
            var name = Pick(Names);
            if (Chance(3)) members.Remove(name);
            else members[name] = members.TryGetPropertyValue(name, out var old) && old is JsonObject or JsonArray ? Miss(old) : Anything(2);
            return members;
        }

        if (missed is JsonArray { Count: > 0 } items && !Chance(4))
        {
            var at = _random.Next(items.Count);
            items[at] = Miss(items[at]);
            return items;
        }

        return Anything(2);
    }

    private JsonNode? Anything(int depth) => _random.Next(depth > 0 ? 6 : 4) switch
    {
        4 => new JsonArray([.. Enumerable.Range(0, _random.Next(4)).Select(_ => Anything(depth - 1))]),
        5 => new JsonObject(Names.Where(_ => Chance(3)).Select(name => KeyValuePair.Create(name, Anything(depth - 1)))),
        _ => Scalar(),
    };

    private bool Chance(int of) => _random.Next(of) == 0;

    private T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];
}
