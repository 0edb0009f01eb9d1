using System.CommandLine;
using System.Text.Json;

namespace McpProbe.Cli.Commands;

/// <summary>A tool call that ends the probe.</summary>
internal sealed class SmokeOptions : OptionGroup
{
    private readonly Option<bool> _smoke;
    private readonly Option<string> _tool;
    private readonly Option<string> _arguments;
    private readonly Option<string> _expectText;
    private readonly Option<string[]> _expectContent;
    private readonly Option<bool> _expectError;

    public SmokeOptions()
        : base("Smoke call")
    {
        _smoke = Flag("--smoke", "smoke", "Call a tool that says it is read-only and needs no arguments");
        _tool = Text("--smoke-tool", "smoke.tool", "NAME", "Call this tool, whatever it says of itself");
        _arguments = Text("--smoke-args", "smoke.args", "JSON", "Its arguments, a JSON object [default: {}]");
        _expectText = Text("--smoke-expect", "smoke.expectText", "TEXT", "Fail unless the answer's text contains this");
        _expectContent = Many("--smoke-expect-content", "smoke.expectContent", "POINTER=JSON", "Fail unless this stands in its structured content, such as /total=3; repeatable");
        _expectError = Flag("--smoke-expect-error", "smoke.expectError", "Fail unless the tool reports an error");
    }

    public override void Write(Utf8JsonWriter json, ParseResult parsed, List<string> mistakes)
    {
        if (!Options.Any(option => IsSet(parsed, option)))
            return;

        json.WriteStartObject("smoke");
        WriteText(json, parsed, "tool", _tool);
        if (Values(parsed, _arguments) is [var arguments])
            WriteArguments(json, parsed, arguments, mistakes);
        WriteText(json, parsed, "expectText", _expectText);
        json.WriteStartObject("expectContent");
        foreach (var (pointer, value) in Pairs(parsed, _expectContent, "/total=3", StringComparer.Ordinal, mistakes))
        {
            if (KindOf(value) is null)
                mistakes.Add($"{_expectContent.Name}: what stands after {pointer}= is not JSON; write a value such as 3, true or '\"text\"', with its quotation marks.");
            else
                WriteRaw(json, pointer, value);
        }

        json.WriteEndObject();
        WriteFlag(json, parsed, "expectError", _expectError);
        json.WriteEndObject();
    }

    private void WriteArguments(Utf8JsonWriter json, ParseResult parsed, string arguments, List<string> mistakes)
    {
        if (KindOf(arguments) is not JsonValueKind.Object)
            mistakes.Add($"{_arguments.Name}: it is not a JSON object; write one, such as '{{\"city\":\"Paris\"}}'.");
        else if (!IsSet(parsed, _tool))
            mistakes.Add($"{_arguments.Name}: there is no {_tool.Name} that they are for; name the tool.");
        else
            WriteRaw(json, "args", arguments);
    }

    private static void WriteRaw(Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value);
    }

    private static JsonValueKind? KindOf(string text)
    {
        try
        {
            // Less than the engine reads of a whole endpoint.
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 48 });
            return document.RootElement.ValueKind;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
