using System.Text.RegularExpressions;
using McpProbe.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace McpProbe.Configuration.Reading;

/// <summary>
/// Reads one YAML document from parser events: no reflection, and positions for every node. Plain scalars are resolved as YAML 1.2's
/// core schema says (10.3.2), so a plain <c>2025-11-25</c> is a string and <c>no</c> is one too.
/// </summary>
internal static partial class YamlConfig
{
    /// <returns>Null for a stream without a document.</returns>
    /// <exception cref="ConfigSyntaxException">It is not one YAML document, or uses anchors or tags.</exception>
    public static ConfigNode? Read(string text)
    {
        var scanner = new Scanner(new StringReader(text));
        try
        {
            var parser = new Parser(scanner);
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) return null;
            parser.Consume<DocumentStart>();
            var root = ReadNode(parser, 0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
                throw new ConfigSyntaxException(PositionOf(parser.Current), "a second document begins here; a probes file is one document, so remove the '---'");
            return root;
        }
        catch (YamlException mistake)
        {
            // A tab is reported at the start of the mapping around it; the scanner still stands at the tab.
            var at = mistake.Message.Contains("tab as indentation", StringComparison.Ordinal) ? scanner.CurrentPosition : mistake.End;
            throw new ConfigSyntaxException(PositionOf(at), $"not valid YAML: {VisibleText.Line(mistake.Message, 200).TrimEnd('.')}");
        }
        catch (Exception mistake) when (mistake is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The scanner has no better word for some broken input, such as a ':' glued to a '}' of a flow mapping.
            throw new ConfigSyntaxException(PositionOf(scanner.CurrentPosition), "not valid YAML: this cannot be read; check the brackets and quotation marks before it");
        }
    }

    private static ConfigNode ReadNode(Parser parser, int depth)
    {
        var at = PositionOf(parser.Current);
        if (depth > ConfigNode.MostDepth) throw new ConfigSyntaxException(at, $"nested deeper than {ConfigNode.MostDepth} levels");
        if (parser.Current is AnchorAlias)
            throw new ConfigSyntaxException(at, "aliases (*name) are not read here; write the value out, or put it under 'defaults'");
        if (parser.Current is NodeEvent { Anchor.IsEmpty: false })
            throw new ConfigSyntaxException(at, "anchors (&name) are not read here; write the value out, or put it under 'defaults'");
        if (parser.Current is NodeEvent { Tag: { IsEmpty: false } tag })
            throw new ConfigSyntaxException(at, $"tags ({VisibleText.Line(tag.Value)}) are not read here; put the value in quotes if it is a string");

        if (parser.TryConsume<Scalar>(out var scalar)) return new ConfigNode(KindOf(scalar), at) { Text = scalar.Value };

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<ConfigNode>();
            while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(ReadNode(parser, depth + 1));
            return new ConfigNode(ConfigKind.Sequence, at) { Items = items };
        }

        parser.Consume<MappingStart>();
        var members = new List<ConfigMember>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(parser, depth + 1);
            if (key.Kind is ConfigKind.Sequence or ConfigKind.Mapping)
                throw new ConfigSyntaxException(key.At, "a list or mapping cannot be a key here; quote the key if it is text");
            members.Add(new ConfigMember(key.Text, key.At, ReadNode(parser, depth + 1)));
        }

        return new ConfigNode(ConfigKind.Mapping, at) { Members = members };
    }

    private static ConfigKind KindOf(Scalar scalar) => scalar.Style != ScalarStyle.Plain ? ConfigKind.String : scalar.Value switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ConfigKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ConfigKind.Boolean,
        var text when Number().IsMatch(text) => ConfigKind.Number,
        _ => ConfigKind.String,
    };

    private static ConfigPosition PositionOf(ParsingEvent? parsed) => parsed is null ? new(1, 1) : PositionOf(parsed.Start);

    private static ConfigPosition PositionOf(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    [GeneratedRegex(@"\A([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z")]
    private static partial Regex Number();
}
