using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using McpProbe.Catalog;
using McpProbe.Catalog.Json;

namespace McpProbe.Probing.Protocol;

/// <summary>
/// Arguments of a tool call that a server wants in HTTP headers too: <c>x-mcp-header</c> in the tool's <c>inputSchema</c>
/// (specification 2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters).
/// </summary>
internal sealed class ParameterHeaders
{
    /// <summary>Integers that an IEEE 754 double holds exactly: others must not be mirrored.</summary>
    private const long MostInteger = (1L << 53) - 1;

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private readonly JsonTree _tool;
    private readonly JsonTree _arguments;
    private readonly List<KeyValuePair<string, string>> _headers = [];
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    private ParameterHeaders(JsonTree tool, JsonTree arguments) => (_tool, _arguments) = (tool, arguments);

    /// <summary>The <c>Mcp-Param-*</c> headers of a call.</summary>
    /// <param name="tool">As the server lists it.</param>
    /// <param name="arguments">A JSON object.</param>
    /// <returns>The headers; or why the tool's definition is not valid, so that it must not be called, in words of ours and the server's.</returns>
    public static (IReadOnlyList<KeyValuePair<string, string>> Headers, string? Fault) Of(JsonTree tool, JsonTree arguments)
    {
        var headers = new ParameterHeaders(tool, arguments);
        var schema = tool.Member(JsonTree.Root, "\"inputSchema\""u8);
        var fault = schema == JsonTree.None ? null : headers.Read(schema, JsonTree.Root, SchemaPosition.Schema, isReachable: true, isProperty: false);
        return fault is null ? (headers._headers, null) : ([], fault);
    }

    /// <summary>
    /// A text as a header value: itself when it is plain ASCII, else the Base64 of its UTF-8 between markers (Value Encoding).
    /// </summary>
    public static string Encode(string text)
    {
        var isPlain = text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0
            && !text.StartsWith(' ') && !text.EndsWith(' ')
            && !(text.StartsWith("=?base64?", StringComparison.Ordinal) && text.EndsWith("?=", StringComparison.Ordinal));
        return isPlain ? text : $"=?base64?{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}?=";
    }

    /// <summary>Walks a schema, or what holds schemas. Recursion is bounded by the depth of the tree.</summary>
    /// <param name="argument">The node in the arguments that stands at this place; none when there is none.</param>
    /// <param name="isReachable">Whether only <c>properties</c> lead here from the root, so that an argument can stand here.</param>
    private string? Read(int node, int argument, SchemaPosition position, bool isReachable, bool isProperty)
    {
        if (_tool.Kind(node) is JsonValueKind.Array && position is SchemaPosition.Schema)
        {
            for (var element = _tool.FirstChild(node); element != JsonTree.None; element = _tool.Next(element))
            {
                if (Read(element, JsonTree.None, position, isReachable: false, isProperty: false) is { } fault)
                    return fault;
            }
        }

        if (_tool.Kind(node) is not JsonValueKind.Object || position is not (SchemaPosition.Schema or SchemaPosition.SchemaMap))
            return null;

        for (var member = _tool.FirstChild(node); member != JsonTree.None; member = _tool.Next(member))
        {
            var key = _tool.Key(member);
            var isSchema = position is SchemaPosition.Schema;
            var fault = isSchema && key.SequenceEqual("\"x-mcp-header\""u8)
                ? Add(node, member, argument, isReachable && isProperty)
                : Read(
                    member,
                    isSchema || argument == JsonTree.None ? argument : _arguments.Member(argument, key),
                    SchemaKeywords.Of(position, key),
                    isReachable && (!isSchema || key.SequenceEqual("\"properties\""u8)),
                    isProperty: !isSchema);
            if (fault is not null)
                return fault;
        }

        return null;
    }

    private string? Add(int schema, int annotation, int argument, bool isReachable)
    {
        if (_tool.Kind(annotation) is not JsonValueKind.String)
            return "an x-mcp-header is not a string";

        var name = CanonicalString.Decode(_tool.Text(annotation));
        if (name.Length == 0)
            return "an x-mcp-header is empty";
        if (name.AsSpan().IndexOfAnyExcept(TokenCharacters) >= 0)
            return $"the x-mcp-header '{name}' is no name of an HTTP header";
        if (!isReachable)
            return $"the x-mcp-header '{name}' stands where no argument can be read: not at a property that only 'properties' lead to";
        if (!IsPrimitive(_tool.Member(schema, "\"type\""u8)))
            return $"the x-mcp-header '{name}' stands at a parameter that is no string, integer or boolean";
        if (!_names.Add(name))
            return $"the x-mcp-header '{name}' stands at two parameters";

        return argument == JsonTree.None ? null : AddValue(name, argument);
    }

    private string? AddValue(string name, int argument)
    {
        string value;
        switch (_arguments.Kind(argument))
        {
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.String:
                value = CanonicalString.Decode(_arguments.Text(argument));
                break;
            case JsonValueKind.True or JsonValueKind.False:
                value = _arguments.Kind(argument) is JsonValueKind.True ? "true" : "false";
                break;
            case JsonValueKind.Number when long.TryParse(_arguments.Text(argument), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && number is >= -MostInteger and <= MostInteger:
                value = number.ToString(CultureInfo.InvariantCulture);
                break;
            default:
                return $"the argument for the x-mcp-header '{name}' is no string, boolean or integer of at most 53 bits";
        }

        _headers.Add(new("Mcp-Param-" + name, Encode(value)));
        return null;
    }

    /// <summary>One of the three types; or a list of them, which may hold <c>null</c> too: an argument that is null has no header.</summary>
    private bool IsPrimitive(int type)
    {
        if (type == JsonTree.None)
            return false;
        if (_tool.Kind(type) is not JsonValueKind.Array)
            return IsPrimitiveName(type);

        var any = false;
        for (var element = _tool.FirstChild(type); element != JsonTree.None; element = _tool.Next(element))
        {
            if (IsPrimitiveName(element))
                any = true;
            else if (!_tool.Text(element).SequenceEqual("\"null\""u8))
                return false;
        }

        return any;
    }

    private bool IsPrimitiveName(int type) =>
        _tool.Text(type) is var name
        && (name.SequenceEqual("\"string\""u8) || name.SequenceEqual("\"integer\""u8) || name.SequenceEqual("\"boolean\""u8));
}
