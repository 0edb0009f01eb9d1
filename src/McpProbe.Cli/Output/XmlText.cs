using System.Text;

namespace McpProbe.Cli.Output;

/// <summary>
/// An XML 1.0 document, indented by two spaces, as one text in UTF-8. (The platform's writer would add a third of a megabyte to the
/// executable, for one output format.)
/// </summary>
internal sealed class XmlText
{
    private readonly StringBuilder _text = new("""<?xml version="1.0" encoding="utf-8"?>""");
    private int _depth;

    /// <summary>An element that holds others: those that <paramref name="children"/> writes.</summary>
    public void Element(string name, IEnumerable<(string Name, string Value)> attributes, Action children)
    {
        Start(name, attributes);
        var before = _text.Append('>').Length;
        _depth++;
        children();
        _depth--;
        if (_text.Length == before)
            _text.Insert(before - 1, " /");
        else
            NewLine().Append("</").Append(name).Append('>');
    }

    /// <summary>An element that holds text, or nothing.</summary>
    public void Element(string name, IEnumerable<(string Name, string Value)> attributes, string text = "")
    {
        Start(name, attributes);
        if (text.Length == 0)
        {
            _text.Append(" />");
            return;
        }

        _text.Append('>');
        Escape(text, inAttribute: false);
        _text.Append("</").Append(name).Append('>');
    }

    public override string ToString() => $"{_text}\n";

    private void Start(string name, IEnumerable<(string Name, string Value)> attributes)
    {
        NewLine().Append('<').Append(name);
        foreach (var (attribute, value) in attributes)
        {
            _text.Append(' ').Append(attribute).Append("=\"");
            Escape(value, inAttribute: true);
            _text.Append('"');
        }
    }

    private StringBuilder NewLine() => _text.Append('\n').Append(' ', 2 * _depth);

    /// <summary>
    /// Section 2.4 of XML 1.0; in an attribute also white space, which a reader would make a blank (3.3.3). Most control characters and half
    /// a surrogate pair cannot be said at all (2.2): the replacement character stands for them.
    /// </summary>
    private void Escape(string text, bool inAttribute)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '&' => _text.Append("&amp;"),
                '<' => _text.Append("&lt;"),
                '>' => _text.Append("&gt;"),
                '"' when inAttribute => _text.Append("&quot;"),
                '\t' when inAttribute => _text.Append("&#x9;"),
                '\n' when inAttribute => _text.Append("&#xA;"),
                '\t' or '\n' or (>= 0x20 and <= 0xD7FF) or (>= 0xE000 and <= 0xFFFD) or >= 0x10000 => _text.Append(rune.ToString()),
                _ => _text.Append('\uFFFD'),
            };
        }
    }
}
