using System.Text;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Specification;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Tools;

/// <summary>An endpoint's smoke call: which tool is asked what, and whether its answer is the expected one.</summary>
internal sealed class SmokeProbe
{
    private readonly SmokeCall _call;
    private readonly ProbeRun _run;
    private readonly byte[] _arguments;
    private readonly List<(string Pointer, byte[] Value)> _expected = [];
    private string _tool = "";
    private byte[]? _outputSchema;

    /// <exception cref="ProbeFailedException">The endpoint's own values cannot be read (kind <c>config</c>).</exception>
    public SmokeProbe(SmokeCall call, ProbeRun run)
    {
        // A message is one line on some transports; inside of JSON's strings there are no line breaks that this could change.
        (_call, _run, _arguments) = (call, run, Encoding.UTF8.GetBytes(call.Arguments.Replace('\n', ' ').Replace('\r', ' ')));
        using var arguments = new JsonTree();
        if (arguments.Read(_arguments) is not null || arguments.Kind(JsonTree.Root) is not JsonValueKind.Object)
            throw Config("The arguments of the smoke call are not a JSON object; write them as one, such as {\"message\":\"hello\"}.");

        foreach (var (pointer, value) in call.ExpectContent)
        {
            if (!JsonPointer.IsValid(pointer))
                throw Config($"'{ForeignText.Brief(pointer)}', where the smoke call expects a value, is not a JSON pointer; write one such as /forecast/0/city.");
            _expected.Add((pointer, CanonicalJson.From(Encoding.UTF8.GetBytes(value)).Canonical
                ?? throw Config($"What the smoke call expects at '{ForeignText.Brief(pointer)}' is not JSON; put text in quotation marks.")));
        }
    }

    /// <summary>
    /// The call of the tool that the endpoint names, or of one that may be called unasked: the first without any property, or else the
    /// first that requires none.
    /// </summary>
    /// <exception cref="ProbeFailedException">There is no such tool, or it must not be called.</exception>
    public McpRequest RequestFor(ToolCatalog catalog, McpSession session)
    {
        // Other transports and the older era know no such headers, so that a wrong definition of one harms nobody there.
        var mirrors = session is { Era: Era.Stateless, Transport: TransportKind.StreamableHttp };
        using var tool = new JsonTree();
        var headers = _call.Tool is { } name ? Named(catalog, name, tool, mirrors) : FirstHarmless(catalog, tool, mirrors);

        var token = tool.Text(tool.Member(JsonTree.Root, "\"name\""u8));
        _tool = CanonicalString.Decode(token);
        if (tool.Member(JsonTree.Root, "\"outputSchema\""u8) is var schema && schema != JsonTree.None && tool.Kind(schema) is JsonValueKind.Object)
        {
            using var copy = new PooledBuffer();
            CanonicalJson.Write(tool, schema, copy);
            _outputSchema = copy.Span.ToArray();
        }

        return McpRequest.CallTool(session.ProtocolVersion, token, _arguments) with
        {
            Headers = mirrors ? [new("Mcp-Name", ParameterHeaders.Encode(_tool)), .. headers] : [],
        };
    }

    /// <summary>Judges the answer.</summary>
    /// <returns>What a call that did not fail leaves open; null for nothing.</returns>
    /// <exception cref="ProbeFailedException">It is not the expected one, or not an answer.</exception>
    public string? Judge(JsonRpcReply reply, Era era)
    {
        if (reply.Refusal is { } refusal)
            throw new ProbeFailedException(refusal);
        if (reply.Error is { } error)
            throw Failed($"tools/call of '{Tool}' was answered with the JSON-RPC error {error.Code} ({_run.Foreign(error.Message)}); "
                + "check the arguments of the smoke call, and look at the server's log.", reply.HttpStatus);

        var (result, fault) = ToolResult.Read(reply.Result, era, _run.Limits.JsonDepth);
        if (result is null)
            throw Failed($"The answer of the tool '{Tool}' is not a tool's result ({_run.Foreign(fault!)}); repair the tool.");
        if (result.NeedsInput)
            return $"The tool '{Tool}' asks for more input, which a probe does not give: that it answers is all that was seen.";

        JudgeAgainstSchema(result);
        JudgeText(result);
        JudgeContent(result);
        return null;
    }

    /// <summary>The name, fit for a message.</summary>
    private string Tool => _run.Foreign(_tool);

    private IReadOnlyList<KeyValuePair<string, string>> Named(ToolCatalog catalog, string name, JsonTree tool, bool mirrors)
    {
        var index = -1;
        for (var i = 0; i < catalog.ToolNames.Count && index < 0; i++)
        {
            if (catalog.ToolNames[i] == name)
                index = i;
        }

        if (index < 0)
            throw Failed($"The catalogue has no tool '{ForeignText.Brief(name)}', which the smoke call names; deploy the tool, or correct its name.");

        Read(CanonicalTools.Of(catalog)[index], tool);
        var (headers, fault) = mirrors ? HeadersOf(tool) : ([], null);
        return fault is null ? headers : throw Failed(
            $"The tool '{ForeignText.Brief(name)}' must not be called: {_run.Foreign(fault)}; correct the tool's inputSchema, or the arguments of the smoke call.");
    }

    private IReadOnlyList<KeyValuePair<string, string>> FirstHarmless(ToolCatalog catalog, JsonTree tool, bool mirrors)
    {
        (ReadOnlyMemory<byte> Tool, IReadOnlyList<KeyValuePair<string, string>> Headers)? second = null;
        foreach (var canonical in CanonicalTools.Of(catalog))
        {
            Read(canonical, tool);
            if (!IsHarmless(tool))
                continue;
            var (headers, fault) = mirrors ? HeadersOf(tool) : ([], null);
            if (fault is not null)
                continue;
            if (HasNoProperty(tool))
                return headers;
            second ??= (canonical, headers);
        }

        if (second is { } chosen)
        {
            Read(chosen.Tool, tool);
            return chosen.Headers;
        }

        throw Failed("No tool says that it only reads (annotations.readOnlyHint) and takes no required arguments, so none is called unasked; "
            + "name the tool to call, and its arguments.");
    }

    private (IReadOnlyList<KeyValuePair<string, string>> Headers, string? Fault) HeadersOf(JsonTree tool)
    {
        using var arguments = new JsonTree();
        arguments.Read(_arguments);
        return ParameterHeaders.Of(tool, arguments);
    }

    /// <summary>Whether it says that it only reads, and can be called without arguments.</summary>
    private static bool IsHarmless(JsonTree tool)
    {
        var annotations = tool.Member(JsonTree.Root, "\"annotations\""u8);
        if (annotations == JsonTree.None || !Is(annotations, "\"readOnlyHint\""u8, JsonValueKind.True)
            || Is(annotations, "\"destructiveHint\""u8, JsonValueKind.True))
            return false;

        var schema = tool.Member(JsonTree.Root, "\"inputSchema\""u8);
        if (schema == JsonTree.None || tool.Kind(schema) is not JsonValueKind.Object)
            return false;
        for (var keyword = tool.FirstChild(schema); keyword != JsonTree.None; keyword = tool.Next(keyword))
        {
            var key = tool.Key(keyword);
            if (key.SequenceEqual("\"required\""u8) ? tool.FirstChild(keyword) != JsonTree.None : MayRequire(key))
                return false;
        }

        return true;

        bool Is(int parent, ReadOnlySpan<byte> key, JsonValueKind kind) =>
            tool.Member(parent, key) is var member && member != JsonTree.None && tool.Kind(member) == kind;
    }

    /// <summary>What can be left out may still matter to a tool; with nothing to leave out the call is as it is meant.</summary>
    private static bool HasNoProperty(JsonTree tool) =>
        tool.Member(tool.Member(JsonTree.Root, "\"inputSchema\""u8), "\"properties\""u8) is var properties
        && (properties == JsonTree.None || tool.FirstChild(properties) == JsonTree.None);

    /// <summary>Keywords that can demand an argument without <c>required</c> at the root.</summary>
    private static bool MayRequire(ReadOnlySpan<byte> key) =>
        key.SequenceEqual("\"allOf\""u8) || key.SequenceEqual("\"anyOf\""u8) || key.SequenceEqual("\"oneOf\""u8)
        || key.SequenceEqual("\"not\""u8) || key.SequenceEqual("\"if\""u8) || key.SequenceEqual("\"minProperties\""u8)
        || key.SequenceEqual("\"$ref\""u8) || key.SequenceEqual("\"$dynamicRef\""u8);

    private void JudgeText(ToolResult result)
    {
        var words = result.Text.Length == 0 ? "it says nothing" : $"it says: {_run.Foreign(result.Text)}";
        if (result.IsError && !_call.ExpectError)
            throw Failed($"The tool '{Tool}' reports an error ({words}); look at what it needs, and at the server's log.");
        if (!result.IsError && _call.ExpectError)
            throw Failed($"The tool '{Tool}' was to report an error and reports none ({words}); correct the tool, or the expectation.");
        if (_call.ExpectText is { } expected && !result.Text.Contains(expected, StringComparison.Ordinal))
            throw Failed($"The tool '{Tool}' does not say '{ForeignText.Brief(expected)}' ({words}); correct the tool, or the expectation.");
    }

    /// <summary>An error need not be of the form that the tool promises (specification, Tools, Output Schema).</summary>
    private void JudgeAgainstSchema(ToolResult result)
    {
        if (_outputSchema is null || result.IsError)
            return;
        const string Where = "tools/call";
        if (result.Structured.IsEmpty)
        {
            _run.Break(SpecRules.StructuredContent, Where, $": the tool '{Tool}' has an outputSchema, and its answer no structuredContent. Official clients report the call as failed.");
            return;
        }

        using var schema = new JsonTree();
        using var content = new JsonTree();
        if (schema.Read(_outputSchema) is null && content.Read(result.Structured.Span) is null
            && SchemaValidator.FaultOf(schema, JsonTree.Root, content) is { } fault)
            _run.Break(SpecRules.StructuredContent, Where, $": in the structuredContent of the tool '{Tool}', {_run.Foreign(fault)}. Official clients report the call as failed.");
    }

    private void JudgeContent(ToolResult result)
    {
        if (_expected.Count == 0)
            return;
        if (result.Structured.IsEmpty)
            throw Failed($"The answer of the tool '{Tool}' has no structuredContent, where values are expected; correct the tool, or the expectation.");

        using var content = new JsonTree();
        if (content.Read(result.Structured.Span) is { } mistake)
            throw Failed($"The structuredContent of the tool '{Tool}' cannot be read ({_run.Foreign(mistake)}); repair the tool.");

        foreach (var (pointer, value) in _expected)
        {
            var node = JsonPointer.Find(content, pointer);
            using var found = new PooledBuffer();
            if (node != JsonTree.None)
                CanonicalJson.Write(content, node, found);
            if (!found.Span.SequenceEqual(value))
                throw Failed($"The tool '{Tool}' gives {(node == JsonTree.None ? "nothing" : _run.Foreign(Encoding.UTF8.GetString(found.Span)))} "
                    + $"at '{ForeignText.Brief(pointer)}' of its structuredContent, where {ForeignText.Brief(Encoding.UTF8.GetString(value))} is expected; correct the tool, or the expectation.");
        }
    }

    // It was read before, as part of the catalogue.
    private static void Read(ReadOnlyMemory<byte> canonical, JsonTree tool)
    {
        if (tool.Read(canonical.Span) is { } mistake)
            throw new InvalidOperationException($"a tool of the catalogue cannot be read again: {mistake}");
    }

    private static ProbeFailedException Failed(string message, int? httpStatus = null) =>
        new(new Failure(FailureKind.SmokeFailed, Phase.Smoke, message, httpStatus));

    private static ProbeFailedException Config(string message) => new(FailureKind.Config, message);
}
